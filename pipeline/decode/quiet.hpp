// SPDX-License-Identifier: Apache-2.0
#pragma once
// OpenCV 4.6 tells std::cerr of every picture it cannot decode. The reason travels with the
// picture instead; this keeps the terminal clean.

namespace fovea::pipeline {

/// While one lives, what its own thread writes to std::cerr goes nowhere; other threads'
/// lines pass. Also sets OpenCV's log level to silent, for good. C's stderr is untouched.
class QuietOpenCv {
 public:
  QuietOpenCv();
  ~QuietOpenCv();
  QuietOpenCv(const QuietOpenCv&) = delete;
  QuietOpenCv& operator=(const QuietOpenCv&) = delete;
};

}  // namespace fovea::pipeline
