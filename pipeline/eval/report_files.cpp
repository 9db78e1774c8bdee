// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/eval.hpp"
#include "pipeline/sinks/file.hpp"

namespace fovea::pipeline {

void write_eval_report(const EvalReport& report, const std::filesystem::path& dir) {
  const auto write = [&](const char* name, const std::string& text) {
    AtomicFile file(dir / name);
    file.write(text);
    file.commit();
  };
  write("eval.json", to_json(report) + "\n");
  write("classes.csv", classes_csv(report));
  write("confusion.csv", confusion_csv(report));
  write_confusion_png(report, dir / "confusion.png");
}

}  // namespace fovea::pipeline
