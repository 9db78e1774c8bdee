// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/dataset.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/config/nearest.hpp"
#include "pipeline/config/tree.hpp"
#include "vision/checkpoint/sha256.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string> kKeys = {"name", "root", "classes", "licence", "source", "sha256"};

std::vector<std::string> folders_in(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && !name.starts_with('.')) names.push_back(name);
  }
  if (error) {
    throw ConfigError("cannot read the folder: " + error.message(), root.string(),
                      "give a folder with one folder a class");
  }
  std::sort(names.begin(), names.end());
  return names;
}

void use_all_folders(Dataset& dataset) {
  for (const std::string& name : folders_in(dataset.root)) dataset.classes.push_back({name, name});
  if (dataset.classes.empty()) {
    throw ConfigError("no class folders in the data set", dataset.root.string(),
                      "put each class's pictures into a folder with the class's name");
  }
}

// Reads a description; everything that is wrong with it is collected.
class DescriptionReader {
 public:
  explicit DescriptionReader(const fs::path& file) : file_(file) {
    document_.origins = {file.string()};
  }

  Dataset read() {
    std::ifstream stream(file_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    document_.root = parse_yaml(text, file_.string(), faults_);
    expand_environment(document_, faults_);
    Dataset dataset;
    dataset.name = file_.stem().string();
    if (document_.root.is_map()) {
      for (const Node::Entry& entry : document_.root.entries) take(entry, dataset);
    } else if (faults_.empty()) {
      fault(document_.root.mark, "", "a data set's description is a map of keys",
            "begin with root:");
    }
    check_root(dataset);
    if (!faults_.empty()) {
      throw ConfigError("the data set's description has faults:\n" + to_string(faults_),
                        file_.string(), "correct each place named above");
    }
    return dataset;
  }

 private:
  void fault(const Mark& mark, const std::string& path, std::string what, std::string fix) {
    faults_.push_back({place_of(document_, mark, path), std::move(what), std::move(fix)});
  }

  void take(const Node::Entry& entry, Dataset& dataset) {
    if (entry.key == "classes") {
      take_classes(entry, dataset);
      return;
    }
    std::string* const text = entry.key == "name"      ? &dataset.name
                              : entry.key == "licence" ? &dataset.licence
                              : entry.key == "source"  ? &dataset.source
                              : entry.key == "sha256"  ? &dataset.sha256
                                                       : nullptr;
    if (text == nullptr && entry.key != "root") {
      const std::string near = nearest_name(entry.key, kKeys);
      fault(entry.mark, entry.key, "unknown key '" + entry.key + "'",
            near.empty() ? "keys are name, root, classes, licence, source, sha256"
                         : "did you mean '" + near + "'?");
    } else if (!entry.value.is_scalar()) {
      fault(entry.value.mark, entry.key, "'" + entry.key + "' is one text", "write it on one line");
    } else if (text != nullptr) {
      *text = entry.value.text;
    } else {
      dataset.root = (file_.parent_path() / entry.value.text).lexically_normal();
      root_ = &entry;
    }
  }

  void take_classes(const Node::Entry& entry, Dataset& dataset) {
    if (!entry.value.is_map() || entry.value.entries.empty()) {
      fault(entry.value.mark, "classes", "'classes' is a map of folder to class",
            "write 'folder: class', one a line, or leave classes out");
      return;
    }
    for (const Node::Entry& one : entry.value.entries) {
      const std::string path = join_path("classes", one.key);
      if (!one.value.is_scalar()) {
        fault(one.value.mark, path, "a class is one text", "write 'folder: class'");
      } else if (fs::path(one.key).has_parent_path() || one.key == "..") {
        fault(one.mark, path, "'" + one.key + "' is not a folder below root",
              "give its name alone");
      } else {
        dataset.classes.push_back({one.key, one.value.text});
        marks_.push_back(one.mark);
      }
    }
  }

  void check_root(Dataset& dataset) {
    if (root_ == nullptr) {
      if (faults_.empty()) {
        fault(document_.root.mark, "", "'root' is missing", "say where the class folders are");
      }
      return;
    }
    std::error_code ignored;
    if (!fs::is_directory(dataset.root, ignored)) {
      fault(root_->value.mark, "root", "there is no folder '" + dataset.root.string() + "'",
            "the path is relative to the description; ${NAME} reads the environment");
      return;
    }
    for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
      const std::string& folder = dataset.classes[i].folder;
      if (fs::is_directory(dataset.root / folder, ignored)) continue;
      const std::string near = nearest_name(folder, folders_in(dataset.root));
      fault(marks_[i], join_path("classes", folder), "no such folder below root",
            near.empty() ? "remove the line, or correct the folder's name"
                         : "did you mean '" + near + "'?");
    }
  }

  fs::path file_;
  Document document_;
  std::vector<Fault> faults_;
  const Node::Entry* root_ = nullptr;
  std::vector<Mark> marks_;  // of Dataset::classes
};

std::string file_sha256(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw ConfigError("cannot read a file of the data set", file.string(),
                      "check the file and its permissions");
  }
  vision::Sha256 sha;
  std::array<char, 1 << 16> piece{};
  while (stream) {
    stream.read(piece.data(), piece.size());
    sha.update(std::as_bytes(std::span(piece.data(), static_cast<std::size_t>(stream.gcount()))));
  }
  return sha.hex();
}

}  // namespace

Dataset load_dataset(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    Dataset dataset;
    dataset.root = path;
    const fs::path clean = fs::absolute(path).lexically_normal();
    dataset.name = (clean.has_filename() ? clean : clean.parent_path()).filename().string();
    use_all_folders(dataset);
    return dataset;
  }
  if (!fs::is_regular_file(path, ignored)) {
    throw ConfigError("there is no data set of this name", path.string(),
                      "give a folder with one folder a class, or a DATASET.yaml");
  }
  Dataset dataset = DescriptionReader(path).read();
  if (dataset.classes.empty()) use_all_folders(dataset);
  return dataset;
}

std::vector<SourceConfig> sources_of(const Dataset& dataset) {
  std::vector<SourceConfig> sources;
  for (const ClassFolder& one : dataset.classes) {
    SourceConfig& source = sources.emplace_back();
    source.name = one.folder;
    source.path = dataset.root / one.folder;
  }
  return sources;
}

std::string folder_of(const Dataset& dataset, const std::filesystem::path& picture) {
  const auto root = dataset.root.lexically_normal();
  return picture.lexically_normal().lexically_relative(root).begin()->string();
}

std::string dataset_sha256(const Dataset& dataset) {
  std::vector<std::string> files;
  for (const ClassFolder& one : dataset.classes) {
    const auto options = fs::directory_options::follow_directory_symlink;
    for (const auto& entry : fs::recursive_directory_iterator(dataset.root / one.folder, options)) {
      if (entry.is_regular_file()) {
        files.push_back(entry.path().lexically_relative(dataset.root).string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  vision::Sha256 all;
  for (const std::string& file : files) {
    const std::string line = file_sha256(dataset.root / file) + "  " + file + "\n";
    all.update(std::as_bytes(std::span(line)));
  }
  return all.hex();
}

}  // namespace fovea::pipeline
