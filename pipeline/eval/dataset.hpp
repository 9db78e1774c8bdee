// SPDX-License-Identifier: Apache-2.0
#pragma once
// A data set of pictures in class folders: the folder itself, or a description of it.
//
//   name: CIFAR-10, test            # what reports call it
//   root: ${DATA:-../data}/cifar10  # the class folders; relative to this file
//   classes:                        # folder: class of the model; absent: the folders' names
//     automobile: automobile
//   licence: none stated            # for people
//   source: https://example.org
//   sha256: 0123...                 # of the pictures, see dataset_sha256(); absent: not checked

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "pipeline/config/source_config.hpp"

namespace fovea::pipeline {

struct ClassFolder {
  std::string folder;  // below Dataset::root
  std::string label;   // the class of the model it stands for, as written
};

struct Dataset {
  std::string name;
  std::filesystem::path root;
  std::vector<ClassFolder> classes;
  std::string licence, source, sha256;
};

/// `path` is a folder of class folders, or a YAML description of one.
/// Throws ConfigError that lists every fault of a description with its place, or when there
/// are no class folders.
Dataset load_dataset(const std::filesystem::path& path);

/// The class folders as a run's sources.
std::vector<SourceConfig> sources_of(const Dataset& dataset);
/// The class folder that a picture lies in.
std::string folder_of(const Dataset& dataset, const std::filesystem::path& picture);

/// One digest over all files of the class folders, the same as
///   (cd ROOT && find -L CLASS... -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum)
std::string dataset_sha256(const Dataset& dataset);

/// Each class folder's class id among the model's `labels`. Case does not count, and '_',
/// '-' and runs of spaces are one space; a label such as "tench, Tinca tinca" is also found
/// by one of its parts if no other label has that part.
/// Throws ConfigError that lists the folders without a class, and the classes.
std::vector<int> match_classes(const Dataset& dataset, std::span<const std::string> labels);

}  // namespace fovea::pipeline
