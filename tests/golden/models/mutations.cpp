// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/models/mutations.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <unistd.h>

namespace fovea::golden {

namespace fs = std::filesystem;

MutatedFolder::MutatedFolder(const Mutation& mutation, const fs::path& original)
    : path_(fs::temp_directory_path() /
            ("fovea-mutation-" + std::to_string(getpid()) + "-" + mutation.name)) {
  fs::remove_all(path_);
  fs::copy(original, path_, fs::copy_options::recursive);
  std::ifstream in(path_ / "config.json");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t at = text.find(mutation.from);
  if (at == std::string::npos) {
    fs::remove_all(path_);
    throw std::runtime_error(std::string(mutation.model) + " does not say " + mutation.from);
  }
  text.replace(at, std::string(mutation.from).size(), mutation.to);
  std::ofstream(path_ / "config.json") << text;
}

MutatedFolder::~MutatedFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace fovea::golden
