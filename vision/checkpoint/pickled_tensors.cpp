// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/pickled_tensors.hpp"

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/pickle_machine.hpp"

namespace fovea::vision {
namespace {

using Kind = PickleValue::Kind;

// One value may be referred to many times: what is copied per reference is bounded.
constexpr std::size_t kMaxName = 1024, kMaxRank = 8;

class Reader {
 public:
  Reader(const PickleResult& result, const std::string& where) : result_(result), where_(where) {}

  std::vector<PickledTensor> tensors() const {
    const PickleValue& dict = state_dict(at(result_.root));
    if (dict.kind != Kind::dict) refuse("the pickle's value is not a dictionary of tensors");
    std::vector<PickledTensor> tensors;
    for (std::size_t i = 0; i < dict.items.size(); i += 2) {
      const PickleValue& key = at(dict.items[i]);
      if (key.kind != Kind::text || key.text.size() > kMaxName) {
        refuse("a tensor's name is no text of sensible length");
      }
      tensors.push_back(tensor(key.text, at(dict.items[i + 1])));
    }
    return tensors;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw ModelError("malformed pytorch_model.bin: " + what, where_,
                     "download the file again, or use the model's safetensors file");
  }
  const PickleValue& at(PickleId id) const { return result_.values[id]; }

  /// What stands under "model", where authors save more than the weights; else `root` itself.
  const PickleValue& state_dict(const PickleValue& root) const {
    if (root.kind != Kind::dict) return root;
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      const PickleValue& key = at(root.items[i]);
      const PickleValue& value = at(root.items[i + 1]);
      if (key.kind == Kind::text && key.text == "model" && value.kind == Kind::dict) return value;
    }
    return root;
  }

  PickledTensor tensor(const std::string& name, const PickleValue& value) const {
    if (value.kind != Kind::tensor) refuse(fmt::format("'{}' is not a tensor", name));
    const PickleValue& storage = at(value.items[0]);
    const PickleValue& offset = at(value.items[1]);
    if (storage.text.size() > kMaxName) refuse("a storage's name is too long");
    if (offset.kind != Kind::integer) {
      refuse(fmt::format("the offset of '{}' is no whole number", name));
    }
    PickledTensor out;
    out.name = name;
    out.storage_type = storage.storage_type;
    out.storage_key = storage.text;
    out.storage_elements = storage.integer;
    out.offset = offset.integer;
    out.shape = integers(at(value.items[2]), name);
    out.strides = integers(at(value.items[3]), name);
    return out;
  }

  std::vector<std::int64_t> integers(const PickleValue& tuple, const std::string& name) const {
    if (tuple.kind != Kind::tuple || tuple.items.size() > kMaxRank) {
      refuse(fmt::format("the shape of '{}' is no tuple of at most {}", name, kMaxRank));
    }
    std::vector<std::int64_t> out;
    for (const PickleId item : tuple.items) {
      if (at(item).kind != Kind::integer) {
        refuse(fmt::format("the shape of '{}' is not whole numbers", name));
      }
      out.push_back(at(item).integer);
    }
    return out;
  }

  const PickleResult& result_;
  const std::string& where_;
};

}  // namespace

std::vector<PickledTensor> read_pickled_tensors(std::span<const std::byte> pickle,
                                                const std::string& where) {
  const PickleResult result = run_pickle(pickle, where);
  return Reader(result, where).tensors();
}

}  // namespace fovea::vision
