// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/box_report.hpp"
#include "pipeline/eval/deletion.hpp"
#include "pipeline/eval/eval.hpp"
#include "pipeline/sinks/file.hpp"

namespace fovea::pipeline {
namespace {

void write_whole(const std::filesystem::path& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace

void write_eval_report(const EvalReport& report, const std::filesystem::path& dir) {
  write_whole(dir / "eval.json", to_json(report) + "\n");
  write_whole(dir / "classes.csv", classes_csv(report));
  write_whole(dir / "confusion.csv", confusion_csv(report));
  write_confusion_png(report, dir / "confusion.png");
}

void write_eval_report(const BoxReport& report, const std::filesystem::path& dir) {
  write_whole(dir / "eval.json", to_json(report) + "\n");
  write_whole(dir / "classes.csv", classes_csv(report));
  write_whole(dir / "curves.svg", curves_svg(report));
}

void write_eval_report(const DeletionReport& report, const std::filesystem::path& dir) {
  write_whole(dir / "deletion.json", to_json(report) + "\n");
  write_whole(dir / "deletion.csv", deletion_csv(report));
  write_whole(dir / "deletion.svg", deletion_svg(report));
}

}  // namespace fovea::pipeline
