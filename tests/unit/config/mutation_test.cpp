// SPDX-License-Identifier: Apache-2.0
// Whatever stands in the file, the checker answers: faults or a config, never a crash,
// never an exception, never more than a moment. Seeded, so that a failure repeats.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "pipeline/config/config.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {
namespace fs = std::filesystem;

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const char* folder : {"configs", "tests/errors/config"}) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fovea::test::source_dir() / folder)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      std::ifstream stream(file);
      texts.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
  }
  return texts;
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutate(std::string text, const std::string& other) {
    static const std::vector<std::string> kTokens{"[",
                                                  "]",
                                                  "{",
                                                  "}",
                                                  ":",
                                                  ": ",
                                                  "- ",
                                                  "\n",
                                                  "\n  ",
                                                  "\t",
                                                  "&a ",
                                                  "*a",
                                                  "<<:",
                                                  "!!x",
                                                  "\"",
                                                  "'",
                                                  "|\n",
                                                  ">\n",
                                                  "---\n",
                                                  "...\n",
                                                  "#",
                                                  "${",
                                                  "}",
                                                  "~",
                                                  "?",
                                                  "%TAG",
                                                  "\xff",
                                                  "\xc3",
                                                  "\\",
                                                  "\\x",
                                                  "999999999999999999999",
                                                  "-1",
                                                  "1e999",
                                                  ".inf",
                                                  "stages:",
                                                  "classify:",
                                                  "null",
                                                  "\xef\xbb\xbf",
                                                  ",",
                                                  "@",
                                                  "`",
                                                  "\r"};
    for (int i = number(1, 8); i > 0; --i) {
      const auto at = static_cast<std::size_t>(number(0, static_cast<int>(text.size())));
      const auto length = static_cast<std::size_t>(number(0, 12));
      switch (number(0, 4)) {
        case 0:
          text.insert(
              at,
              kTokens[static_cast<std::size_t>(number(0, static_cast<int>(kTokens.size()) - 1))]);
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          if (at < text.size()) text[at] = static_cast<char>(number(0, 255));
          break;
        case 3:
          text.insert(at, text.substr(text.size() / 2, length * 4));
          break;
        default:
          text = text.substr(0, at) + other.substr(std::min(at, other.size()));
      }
    }
    return text;
  }

 private:
  int number(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  std::mt19937 random_;
};

TEST(Mutation, TheCheckerAlwaysAnswers) {
  const std::vector<std::string> texts = seeds();
  ASSERT_GE(texts.size(), 10U);
  constexpr unsigned kRounds = 20'000;
  int valid = 0, faulty = 0;
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    const std::string text =
        Mutator(seed).mutate(texts[seed % texts.size()], texts[(seed / 7) % texts.size()]);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const CheckedConfig checked = check_config_text(text, "t.yaml", {}, false);
    if (checked.faults.empty()) {
      ++valid;
      // What is valid can be written down and read again, but for secrets, which are left out.
      CheckedConfig again = check_config_text(emit_yaml(checked.config), "e", {}, false);
      std::erase_if(again.faults, [](const Fault& fault) {
        return fault.what.find("was taken out when it was printed") != std::string::npos;
      });
      ASSERT_EQ(to_string(again.faults), "") << emit_yaml(checked.config);
      continue;
    }
    ++faulty;
    for (const Fault& fault : checked.faults) {
      ASSERT_FALSE(fault.what.empty()) << text;
      ASSERT_FALSE(fault.fix.empty()) << fault.what;
      ASSERT_EQ(fault.place.file, "t.yaml");
      ASSERT_GE(fault.place.line, 1) << fault.what << "\n" << text;
    }
  }
  EXPECT_GT(valid, 100);
  EXPECT_GT(faulty, 1000);
}

TEST(Mutation, LongAndDeepTextsCostAMoment) {
  const auto seconds = [](const std::string& yaml) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(check_config_text(yaml, "t.yaml", {}, false).faults.empty());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::string many_keys, open, dashes, anchors;
  for (int i = 0; i < 60'000; ++i) many_keys += "key" + std::to_string(i) + ": 1\n";
  for (int i = 0; i < 200'000; ++i) open += "{a: ";
  for (int i = 0; i < 200'000; ++i) dashes += "- ";
  for (int i = 0; i < 60'000; ++i) anchors += "- &a" + std::to_string(i) + " x\n";
  // Generous: a sanitizer on a busy machine. What it guards against takes minutes or the stack.
  constexpr double kMoment_s = 20;
  for (const std::string& yaml :
       {many_keys, open, dashes, anchors, std::string(900'000, '['), std::string(900'000, 'a'),
        "a: \"" + std::string(900'000, 'x'), std::string(300'000, '\n') + "\t:"}) {
    EXPECT_LT(seconds(yaml), kMoment_s) << yaml.substr(0, 20);
  }
}

}  // namespace
}  // namespace fovea::pipeline
