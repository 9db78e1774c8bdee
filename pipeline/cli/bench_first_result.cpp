// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/cli/bench_measure.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/config/run_config.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

/// A folder that goes away with everything in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "fovea-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error("cannot make a folder", pattern, "free some space, or set TMPDIR");
    }
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

/// A picture of a common size that every build can decode.
void write_picture(const fs::path& file) {
  constexpr int kWidth = 640, kHeight = 480;
  std::ofstream stream(file, std::ios::binary);
  stream << "P6\n" << kWidth << " " << kHeight << "\n255\n";
  for (int i = 0; i < kWidth * kHeight * 3; ++i) stream.put(static_cast<char>(i * 31 % 251));
  if (!stream.flush()) throw Error("cannot write", file.string(), "free some space");
}

/// The environment with all caches of compiled programs moved into `folder`.
std::vector<std::string> environment_with_caches_in(const fs::path& folder) {
  std::vector<std::string> environment;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!text.starts_with("XDG_CACHE_HOME=") && !text.starts_with("MESA_SHADER_CACHE_DIR=")) {
      environment.push_back(text);
    }
  }
  environment.push_back("XDG_CACHE_HOME=" + (folder / "cache").string());
  environment.push_back("MESA_SHADER_CACHE_DIR=" + (folder / "mesa").string());
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Wall time of one whole process in milliseconds.
double time_process(std::vector<std::string> arguments, std::vector<std::string> environment) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, "/proc/self/exe", &files, nullptr,
                                   pointers(arguments).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw Error("cannot start a process", "bench", "close some programs");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string command = "fovea " + arguments.at(1);
    throw Error("the first result did not come", command,
                "see why: " + command + " PICTURE -m MODEL", ExitCode::nothing_done);
  }
  return elapsed.count();
}

}  // namespace

FirstResult measure_first_result(const BenchCase& wanted) {
  const ScratchFolder scratch;
  const fs::path picture = scratch.path() / "picture.ppm";
  write_picture(picture);
  std::vector<std::string> arguments{"fovea",
                                     stage_of_model(wanted.model.string()),
                                     picture.string(),
                                     "--model",
                                     wanted.model.string(),
                                     "--device",
                                     wanted.device,
                                     "--precision",
                                     to_string(wanted.precision),
                                     "--batch",
                                     "1",
                                     "--json",
                                     "--progress",
                                     "none"};
  if (!wanted.tune) arguments.emplace_back("--no-tune");
  const std::vector<std::string> environment = environment_with_caches_in(scratch.path());
  FirstResult result;
  result.cold_ms = time_process(arguments, environment);
  result.warm_ms = time_process(arguments, environment);
  return result;
}

}  // namespace fovea::pipeline
