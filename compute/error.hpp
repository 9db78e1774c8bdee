// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every error this project throws says three things: what is wrong, where, and
// how to fix it. Catch `Error` at the edge (pipeline/cli/main.cpp); nowhere else.

#include <stdexcept>
#include <string>

namespace fovea {

/// The process's exit codes; docs/errors.md explains each.
enum class ExitCode : int {
  ok = 0,
  usage = 1,           // usage, configuration, missing file, unknown model
  some_failed = 2,     // finished, some inputs failed
  nothing_done = 3,    // nothing could be processed, or the device was lost
  device_refused = 4,  // the demanded device is not usable
  self_check = 5,      // numeric self-check failed
  interrupted = 130,
};

class Error : public std::runtime_error {
 public:
  /// `where` is the thing the reader can open or name (file:line:col, tensor,
  /// kernel, device); `fix` is an action in the imperative.
  Error(const std::string& what, const std::string& where, const std::string& fix,
        ExitCode exit_code = ExitCode::usage)
      : std::runtime_error(what + "\n  where: " + where + "\n  fix:   " + fix),
        exit_code_(exit_code) {}

  ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  ExitCode exit_code_;
};

/// A shape, dtype or access that the callee's contract forbids. Our bug or the model's.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// The driver refused, the device was lost, or a limit is too small.
class GpuError : public Error {
 public:
  GpuError(const std::string& what, const std::string& where, const std::string& fix)
      : Error(what, where, fix, ExitCode::nothing_done) {}
};

/// The driver has no memory left. A smaller batch may fit.
class OutOfMemory : public GpuError {
 public:
  using GpuError::GpuError;
};

/// No device fits the request; the message lists every device and why it was refused.
class DeviceError : public Error {
 public:
  DeviceError(const std::string& what, const std::string& where, const std::string& fix)
      : Error(what, where, fix, ExitCode::device_refused) {}
};

/// A checkpoint that is missing, malformed, or of a kind Fovea does not run.
class ModelError : public Error {
 public:
  ModelError(const std::string& what, const std::string& where, const std::string& fix)
      : Error(what, where, fix) {}
};

/// A configuration or command line that cannot be run.
class ConfigError : public Error {
 public:
  ConfigError(const std::string& what, const std::string& where, const std::string& fix)
      : Error(what, where, fix) {}
};

}  // namespace fovea
