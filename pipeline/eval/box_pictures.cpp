// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/eval/box_eval.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

/// "val2017" of "instances_val2017.json", the folder of pictures beside COCO's annotations.
std::string split_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  return stem.substr(stem.rfind('_') + 1);
}

std::vector<fs::path> usual_folders(const BoxTruth& truth) {
  if (truth.form == "VOC XML") {
    const fs::path root = truth.place / "..";
    return {root / "JPEGImages", root / "images", truth.place, root};
  }
  const fs::path folder = truth.place.parent_path(), above = folder / "..";
  const std::string split = split_of(truth.place);
  return {folder,        folder / "images",        folder / split,
          above / split, above / "images" / split, above / "images",
          above};
}

/// The picture in `folder`; XML names it by its stem where files were renamed, so any ending will
/// do.
std::optional<fs::path> find_in(const fs::path& folder, const TruthPicture& picture) {
  static constexpr std::array<const char*, 6> kEndings{".jpg", ".jpeg", ".png",
                                                       ".JPG", ".webp", ".bmp"};
  std::error_code error;
  fs::path path = folder / picture.file_name;
  if (fs::is_regular_file(path, error)) return path;
  for (const char* ending : kEndings) {
    if (fs::is_regular_file(path.replace_extension(ending), error)) return path;
  }
  return std::nullopt;
}

}  // namespace

std::vector<fs::path> find_pictures(const BoxTruth& truth, const fs::path& folder) {
  if (truth.pictures.empty()) {
    throw ConfigError("the data set has no pictures", printable(truth.place.string()),
                      "give one that lists some");
  }
  const std::vector<fs::path> folders =
      folder.empty() ? usual_folders(truth) : std::vector<fs::path>{folder};
  fs::path found;
  std::string tried;
  for (const fs::path& one : folders) {
    const fs::path normal = one.lexically_normal();
    tried += (tried.empty() ? "" : ", ") + printable(normal.string());
    if (!find_in(normal, truth.pictures.front())) continue;
    found = normal;
    break;
  }
  std::vector<fs::path> pictures;
  std::string missing;
  for (const TruthPicture& picture : truth.pictures) {
    std::optional<fs::path> path = found.empty() ? std::nullopt : find_in(found, picture);
    if (path) {
      pictures.push_back(*std::move(path));
    } else if (missing.empty()) {
      missing = picture.file_name;
    }
  }
  if (missing.empty()) return pictures;
  throw ConfigError(fmt::format("{} of {} pictures are not there; the first: {}",
                                truth.pictures.size() - pictures.size(), truth.pictures.size(),
                                printable(missing)),
                    found.empty() ? tried : printable(found.string()),
                    "say where they are: --images FOLDER, the folder that the file names in the "
                    "data set begin at");
}

}  // namespace fovea::pipeline
