// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode/quiet.hpp"

#include <iostream>
#include <streambuf>

#include <opencv2/core/utils/logger.hpp>

namespace fovea::pipeline {
namespace {

thread_local int quiet_depth = 0;

/// Holds nothing back itself, so that threads share no state here.
class PerThreadMute : public std::streambuf {
 public:
  explicit PerThreadMute(std::streambuf* target) : target_(target) {}

 protected:
  int_type overflow(int_type letter) override {
    if (quiet_depth > 0 || traits_type::eq_int_type(letter, traits_type::eof()))
      return traits_type::not_eof(letter);
    return target_->sputc(traits_type::to_char_type(letter));
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    return quiet_depth > 0 ? count : target_->sputn(text, count);
  }
  int sync() override { return quiet_depth > 0 ? 0 : target_->pubsync(); }

 private:
  std::streambuf* target_;
};

void install_once() {
  static const bool installed = [] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    // Never freed: std::cerr is written to until the very end of the process.
    std::cerr.rdbuf(new PerThreadMute(std::cerr.rdbuf()));
    return true;
  }();
  static_cast<void>(installed);
}

}  // namespace

QuietOpenCv::QuietOpenCv() {
  install_once();
  ++quiet_depth;
}

QuietOpenCv::~QuietOpenCv() { --quiet_depth; }

}  // namespace fovea::pipeline
