// SPDX-License-Identifier: Apache-2.0
// The commands around a run: what they print, and how they say no.
#include "tests/e2e/e2e_fixture.hpp"

namespace fovea::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kCommands{"classify", "run",    "check",      "explain",
                                         "eval",     "bench",  "preprocess", "doctor",
                                         "models",   "schema", "tune",       "version"};

class Commands : public EndToEnd {};
class DeviceCommands : public EndToEndOnDevice {};

TEST_F(Commands, HelpHasExamples) {
  const ProcessResult all = fovea({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  for (const std::string& command : kCommands) {
    EXPECT_THAT(all.out, HasSubstr("\n  " + command));
    const ProcessResult help = fovea({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.out, AllOf(HasSubstr("Example"), HasSubstr("fovea " + command))) << command;
  }
  for (const char* command : {"list", "info", "pull"}) {
    EXPECT_THAT(fovea({"models", command, "--help"}).out,
                HasSubstr("fovea models " + std::string(command)));
  }
}

TEST_F(Commands, WordsThatAreNone) {
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const ProcessResult result = fovea(arguments);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(HasSubstr("where:"), HasSubstr("fix:")));
    return result.err;
  };
  EXPECT_THAT(refused({"clasify", "a.jpg"}), HasSubstr("did you mean 'classify'"));
  EXPECT_THAT(refused({"classify", "a.jpg", "--bacth", "3"}), HasSubstr("did you mean '--batch'"));
  EXPECT_THAT(refused({"version", "now"}), HasSubstr("one argument too many"));
  EXPECT_THAT(refused({"classify"}), HasSubstr("no pictures are named"));
  EXPECT_THAT(refused({"run"}), HasSubstr("fovea run --help"));
  EXPECT_THAT(refused({"classify", "a.jpg", "-o", "out.xml"}), HasSubstr(".jsonl"));
  EXPECT_THAT(refused({"classify", "a.jpg", "-o", "out"}), HasSubstr("no ending"));
  EXPECT_THAT(refused({"classify", "no-such.jpg", "-m", kTinyModel.string()}),
              HasSubstr("'no-such.jpg' does not exist"));
  EXPECT_THAT(refused({"classify", ".", "-m", "no-such-model"}), HasSubstr("no-such-model"));
  EXPECT_THAT(refused({"classify", ".", "-m", kTinyModel.string(), "--batch", "many"}),
              HasSubstr("batch is 'many'\n  where: --batch\n"));
  EXPECT_THAT(refused({"classify", ".", "-m", kTinyModel.string(), "--precision", "int4"}),
              HasSubstr("fp32, fp16, int8"));
  EXPECT_THAT(refused({"classify", ".", "-m", kTinyModel.string(), "--progress", "loud"}),
              HasSubstr("auto, bar, lines, json or none"));
  EXPECT_THAT(refused({"classify", ".", "--set", "batch"}), HasSubstr("PATH=VALUE"));
  EXPECT_THAT(refused({"run", "no-such.yaml"}), HasSubstr("no-such.yaml"));
  EXPECT_THAT(refused({"run", "."}), HasSubstr("is a folder"));
}

TEST_F(Commands, WithoutArgumentsTheHelp) {
  const ProcessResult result = fovea({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("Examples:"));
}

TEST_F(Commands, Version) {
  const Json versions = Json::parse(fovea({"version", "--json"}).out);
  for (const char* key : {"fovea", "build", "compiler", "opencv", "vulkan_headers"}) {
    EXPECT_FALSE(versions.at(key).get<std::string>().empty()) << key;
  }
  EXPECT_THAT(fovea({"version"}).out, HasSubstr(versions.at("fovea").get<std::string>()));
  EXPECT_THAT(fovea({"--version"}).out, HasSubstr(versions.at("fovea").get<std::string>()));
}

TEST_F(Commands, SchemaIsJson) {
  const Json schema = Json::parse(fovea({"schema"}).out);
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_TRUE(schema.at("properties").contains("stages"));
}

TEST_F(Commands, CheckFindsEverythingAtOnce) {
  picture("photos/a.png", 1);
  text_file("good.yaml",
            "version: 1\nsource: photos\nstages: [classify: " + kTinyModel.string() + "]\n");
  text_file("bad.yaml", "version: 1\nsource: fotos\nbacth: 3\nstages: [filter: {labels: [a]}]\n");
  const ProcessResult good = fovea({"check", "good.yaml"});
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_THAT(good.out, AllOf(HasSubstr("good.yaml: ok"), HasSubstr("gives labels")));
  const ProcessResult bad = fovea({"check", "good.yaml", "bad.yaml"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, AllOf(HasSubstr("bad.yaml:2:9 source: 'fotos' does not exist"),
                             HasSubstr("bad.yaml:3:1: unknown key 'bacth'"),
                             HasSubstr("put classify before it"), HasSubstr("3 faults")));
  const Json json = Json::parse(fovea({"check", "bad.yaml", "--json"}).out);
  ASSERT_EQ(json.at(0).at("faults").size(), 3U);
  EXPECT_EQ(json.at(0).at("faults").at(1).at("line"), 3);
}

TEST_F(Commands, ModelsInfo) {
  const Json info = Json::parse(fovea({"models", "info", kTinyModel.string(), "--json"}).out);
  EXPECT_EQ(info.at("architecture"), "ViTForImageClassification");
  EXPECT_EQ(info.at("layers"), 3);
  EXPECT_EQ(info.at("hidden_size"), 32);
  EXPECT_EQ(info.at("tokens"), 17);
  EXPECT_EQ(info.at("labels").size(), 6U);
  EXPECT_GT(info.at("parameters").get<int>(), 10'000);
  const ProcessResult text = fovea({"models", "info", kTinyModel.string()});
  EXPECT_THAT(text.out, AllOf(HasSubstr("32 x 32 pixels"), HasSubstr("class 5")));
  EXPECT_EQ(fovea({"models", "info", "no-such-model"}).exit_code, 1);
}

TEST_F(Commands, ModelsListTakesTheEnvironment) {
  fs::create_directories(folder_ / "models");
  fs::copy(kTinyModel, folder_ / "models/tiny", fs::copy_options::recursive);
  ProcessOptions with = options();
  with.environment["FOVEA_MODELS"] = (folder_ / "models").string();
  const ProcessResult list = run_process({binary(), "models", "list", "--json"}, with);
  EXPECT_EQ(list.exit_code, 0) << list.err;
  const Json models = Json::parse(list.out);
  ASSERT_GE(models.size(), 1U);
  EXPECT_EQ(models[0].at("name"), "tiny");
  EXPECT_EQ(models[0].at("labels").size(), 6U);
}

TEST_F(Commands, PreprocessWritesTheTensorAndComparesIt) {
  picture("a.png", 1, 100, 60);
  const std::string model = kTinyModel.string();
  const ProcessResult dump = fovea({"preprocess", "a.png", "-m", model, "--dump", "a.npy"});
  EXPECT_EQ(dump.exit_code, 0) << dump.err;
  EXPECT_THAT(dump.out, HasSubstr("[3, 32, 32]"));
  EXPECT_EQ(fs::file_size(folder_ / "a.npy"), 128 + 3 * 32 * 32 * 4U);
  const ProcessResult same = fovea({"preprocess", "a.png", "-m", model, "--compare", "a.npy"});
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_THAT(same.out, HasSubstr("all 3072 values are equal"));
  std::string bytes = read_text(folder_ / "a.npy");
  bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 0x01);
  text_file("b.npy", bytes);
  const ProcessResult other =
      fovea({"preprocess", "a.png", "-m", model, "--compare", "b.npy", "--json"});
  EXPECT_EQ(other.exit_code, 5);
  EXPECT_EQ(Json::parse(other.out).at("compare").at("differing"), 1);
  text_file("no.png", "no picture");
  EXPECT_EQ(fovea({"preprocess", "no.png", "-m", model}).exit_code, 3);
}

TEST_F(DeviceCommands, DoctorNamesTheChoice) {
  const Json doctor = Json::parse(fovea({"doctor", "--json"}).out);
  EXPECT_GE(doctor.at("devices").size(), 1U);
  EXPECT_FALSE(doctor.at("choice").get<std::string>().empty());
  const Json& facts = doctor.at("facts");
  for (const char* fact : {"subgroup", "processors", "shared_memory", "addresses", "integer_dots",
                           "cooperative_matrices", "workgroup_matrices"}) {
    EXPECT_FALSE(facts.at(fact).get<std::string>().empty()) << fact;
  }
  const auto formats = doctor.at("opencv").at("formats").get<std::vector<std::string>>();
  EXPECT_THAT(formats, testing::IsSupersetOf({"JPEG", "PNG"}));
  const bool spectral = doctor.at("vkfft").at("usable").get<bool>();
  const auto vkfft = doctor.at("vkfft").at("version").get<std::string>();
  const ProcessResult text = fovea({"doctor"});
  EXPECT_THAT(text.out,
              HasSubstr((spectral ? "there: VkFFT " : "not in this build: VkFFT ") + vkfft));
  EXPECT_THAT(text.out, HasSubstr(doctor.at("devices").at(0).at("name").get<std::string>()));
  EXPECT_THAT(text.out, HasSubstr(facts.at("cooperative_matrices").get<std::string>()));
  const ProcessResult refused = fovea({"doctor", "--device", "no-such-device"});
  EXPECT_EQ(refused.exit_code, 4);
  ProcessOptions secret = options();
  secret.environment["HF_TOKEN"] = "hf_verysecret";
  for (const char* format : {"--json", "--device=auto"}) {
    const ProcessResult masked = run_process({binary(), "doctor", format}, secret);
    EXPECT_THAT(masked.out, testing::Not(HasSubstr("verysecret")));
    EXPECT_THAT(masked.out, HasSubstr("HF_TOKEN"));
  }
}

TEST_F(DeviceCommands, ExplainListsEveryStep) {
  picture("photos/a.png", 1);
  text_file("job.yaml", "version: 1\nsource: photos\nstages: [classify: " + kTinyModel.string() +
                            "]\nsinks: [csv: a.csv]\n");
  const ProcessResult text = fovea({"explain", "job.yaml"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("needs image; gives labels"), HasSubstr("csv a.csv"),
                              HasSubstr("attention"), HasSubstr("barriers")));
  const Json one =
      Json::parse(fovea({"explain", "-m", kTinyModel.string(), "--batch", "2", "--json"}).out);
  const Json& model = one.at("models").at(0);
  EXPECT_EQ(model.at("batch"), 2);
  EXPECT_GE(model.at("steps").size(), 3U * 5U) << "five steps a block at the least";
  EXPECT_LT(model.at("scratch_bytes"), model.at("scratch_bytes_without_reuse"));
  EXPECT_GT(model.at("weight_bytes").get<int>(), 0);
}

TEST_F(DeviceCommands, BenchMeasures) {
  const ProcessResult result = fovea({"bench", "-m", kTinyModel.string(), "--batch", "1,3",
                                      "--precision", "fp32,fp16", "--seconds", "0.05", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json bench = Json::parse(result.out);
  ASSERT_EQ(bench.at("results").size(), 4U);
  for (const Json& row : bench.at("results")) {
    EXPECT_GT(row.at("ms_per_image").at("min").get<double>(), 0);
    EXPECT_GE(row.at("ms_per_image").at("median"), row.at("ms_per_image").at("min"));
    EXPECT_GT(row.at("images_per_s").get<double>(), 0);
    EXPECT_GT(row.at("peak_device_bytes").get<double>(), 0);
    EXPECT_GT(row.at("peak_resident_bytes"), row.at("peak_device_bytes"));
  }
  for (const char* precision : {"fp32", "fp16"}) {
    EXPECT_GT(bench.at("first_result").at(precision).at("cold_ms").get<double>(), 0);
    EXPECT_GT(bench.at("first_result").at(precision).at("warm_ms").get<double>(), 0);
  }
  EXPECT_EQ(fovea({"bench", "-m", kTinyModel.string(), "--device", "no-such-device"}).exit_code, 4);
  EXPECT_EQ(fovea({"bench", "-m", kTinyModel.string(), "--by", "step"}).exit_code, 1);
  EXPECT_EQ(fovea({"bench", "-m", kTinyModel.string(), "--profile", "--by", "hand"}).exit_code, 1);
  EXPECT_EQ(fovea({"bench", "-m", kTinyModel.string(), "--batch", "none"}).exit_code, 1);
}

TEST_F(DeviceCommands, BenchProfilesEveryStep) {
  const ProcessResult result =
      fovea({"bench", "-m", kTinyModel.string(), "--batch", "2", "--profile", "--by", "step",
             "--no-tune", "--seconds", "0.05", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json profile = Json::parse(result.out).at("profiles").at(0);
  const Json explained =
      Json::parse(fovea({"explain", "-m", kTinyModel.string(), "--batch", "2", "--json"}).out);
  const Json& steps = explained.at("models").at(0).at("steps");
  ASSERT_EQ(profile.at("rows").size(), steps.size()) << "every step, and each once";
  double sum = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Json& row = profile.at("rows").at(i);
    EXPECT_EQ(row.at("name"), steps.at(i).at("name"));
    EXPECT_GT(row.at("ms").get<double>(), 0);
    sum += row.at("ms").get<double>();
  }
  EXPECT_NEAR(sum, profile.at("steps_ms").get<double>(), 1e-4 * static_cast<double>(steps.size()));
  EXPECT_GT(profile.at("peaks").at("gflop_per_s").get<double>(), 0);
  EXPECT_GT(profile.at("unprofiled_wall_ms").get<double>(), 0);
}

TEST_F(DeviceCommands, BenchDraws) {
  const ProcessResult result = fovea({"bench", "-m", kTinyModel.string(), "--batch", "1,2",
                                      "--no-tune", "--seconds", "0.02", "--plot", "speed.svg"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string svg = read_text(folder_ / "speed.svg");
  EXPECT_THAT(svg, AllOf(HasSubstr("<svg"), HasSubstr("pictures a second"), HasSubstr("fovea ")));
  EXPECT_EQ(fovea({"bench", "-m", kTinyModel.string(), "--batch", "1", "--seconds", "0", "--plot",
                   "no/such/folder.svg"})
                .exit_code,
            1);
}

TEST_F(DeviceCommands, TuneMeasuresAndTheNextRunGivesTheSameRecords) {
  picture("a.png", 1);
  const auto records = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"a.png", "--json"});
    const ProcessResult result = classify(more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return without_timings(records_of(result.out));
  };
  const std::vector<Json> untuned = records({"--no-tune"});
  const ProcessResult tuned =
      fovea({"tune", "-m", kTinyModel.string(), "--batch", "8", "--seconds", "20", "--json"});
  EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
  const Json answer = Json::parse(tuned.out);
  EXPECT_EQ(answer.at("kept"), true);
  for (const Json& step : answer.at("steps")) {
    EXPECT_GE(step.at("plans_measured").get<int>(), 2);
    EXPECT_LE(step.at("ms"), step.at("untuned_ms"));
  }
  EXPECT_EQ(records({}), untuned);
}

TEST_F(Commands, EvalJudgesBoxesWithoutAModel) {
  text_file("truth.json",
            R"({"images":[{"id":1,"file_name":"a.jpg"}],"categories":[{"id":3,"name":"dog"}],
               "annotations":[{"image_id":1,"category_id":3,"bbox":[10,10,100,100]}]})");
  text_file("found.json", R"([{"image_id":1,"category_id":3,"bbox":[10,10,100,100],"score":0.9}])");
  const ProcessResult text = fovea({"eval", "truth.json", "--detections", "found.json"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("truth (COCO JSON): 1 picture, 1 object in 1 class"),
                              HasSubstr("AP   100.0 %")));
  const ProcessResult json =
      fovea({"eval", "truth.json", "--detections", "found.json", "--json", "-o", "out"});
  EXPECT_EQ(Json::parse(json.out).at("ap50"), 1);
  for (const char* name : {"out/eval.json", "out/classes.csv", "out/curves.svg"}) {
    EXPECT_TRUE(fs::exists(folder_ / name)) << name;
  }
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const ProcessResult result = fovea(arguments);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, AllOf(HasSubstr("where:"), HasSubstr("fix:")));
    return result.err;
  };
  EXPECT_THAT(refused({"eval", "truth.json"}), HasSubstr("--detections results.json"));
  EXPECT_THAT(refused({"eval", "truth.json", "-m", "m", "--detections", "found.json"}),
              HasSubstr("both a model and detections are given"));
  EXPECT_THAT(refused({"eval", ".", "--detections", "found.json"}),
              HasSubstr("this data set holds no boxes"));
  EXPECT_THAT(refused({"eval", "truth.json", "--split", "val", "--detections", "found.json"}),
              HasSubstr("a COCO file has no splits"));
}

}  // namespace
}  // namespace fovea::test
