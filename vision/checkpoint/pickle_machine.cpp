// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/pickle_machine.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

using Kind = PickleValue::Kind;
using Value = PickleValue;
using Id = PickleId;

constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils _rebuild_parameter";
constexpr std::string_view kOrderedDict = "collections OrderedDict";
constexpr std::array<std::string_view, 4> kStorages{"FloatStorage", "HalfStorage",
                                                    "BFloat16Storage", "LongStorage"};
constexpr std::size_t kMaxValues = std::size_t{1} << 24;

class Machine {
 public:
  Machine(std::span<const std::byte> pickle, const std::string& where)
      : pickle_(pickle), where_(where) {}

  PickleResult run() {
    while (step()) {
    }
    if (stack_.size() != 1) refuse("the pickle does not end with one value");
    return {std::move(values_), stack_.back()};
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw ModelError("malformed pytorch_model.bin: " + what, where_,
                     "download the file again, or use the model's safetensors file");
  }
  [[noreturn]] void forbid(const std::string& what) const {
    throw ModelError("pytorch_model.bin asks for " + what + ", which Fovea never does", where_,
                     "use the model's safetensors file; do not trust this one");
  }

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > pickle_.size() - at_) refuse("the pickle is cut short");
    const auto part = pickle_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return part;
  }
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text(std::uint64_t count) {
    const auto bytes = take(count);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string line() {
    const auto rest = pickle_.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
    if (end == rest.end()) refuse("the pickle is cut short");
    std::string out = text(static_cast<std::uint64_t>(end - rest.begin()));
    ++at_;
    return out;
  }

  void push(Value value) {
    if (values_.size() >= kMaxValues) refuse("more values than any model has");
    values_.push_back(std::move(value));
    stack_.push_back(static_cast<Id>(values_.size() - 1));
  }
  void push_kind(Kind kind, std::int64_t integer = 0) {
    Value value;
    value.kind = kind;
    value.integer = integer;
    push(std::move(value));
  }
  void push_text(std::string content) {
    Value value;
    value.kind = Kind::text;
    value.text = std::move(content);
    push(std::move(value));
  }
  Id top() const {
    if (stack_.empty()) refuse("the pickle takes from an empty stack");
    return stack_.back();
  }
  Id pop() {
    const Id id = top();
    stack_.pop_back();
    return id;
  }
  std::vector<Id> pop_to_mark() {
    const auto mark = std::find_if(stack_.rbegin(), stack_.rend(),
                                   [&](Id id) { return values_[id].kind == Kind::mark; });
    if (mark == stack_.rend()) refuse("the pickle lacks a mark");
    std::vector<Id> items(mark.base(), stack_.end());
    stack_.erase(mark.base() - 1, stack_.end());
    return items;
  }
  void push_tuple(std::vector<Id> items) {
    Value value;
    value.kind = Kind::tuple;
    value.items = std::move(items);
    push(std::move(value));
  }
  void push_small_tuple(std::size_t count) {
    if (stack_.size() < count) refuse("the pickle takes from an empty stack");
    std::vector<Id> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    push_tuple(std::move(items));
  }
  void extend(Kind kind, const std::vector<Id>& items) {
    Value& target = values_[top()];
    if (target.kind != kind || (kind == Kind::dict && items.size() % 2 != 0)) {
      refuse("the pickle adds to a value that is no collection");
    }
    if (target.items.size() + items.size() > kMaxValues) refuse("more values than any model has");
    target.items.insert(target.items.end(), items.begin(), items.end());
  }
  void remember(std::uint64_t key) { memo_[key] = top(); }
  void recall(std::uint64_t key) {
    const auto at = memo_.find(key);
    if (at == memo_.end()) refuse("the pickle recalls a value it never stored");
    stack_.push_back(at->second);
  }

  /// Only names that describe tensors are let in; the rest is refused here, unseen by anything.
  void push_global(const std::string& module, const std::string& name) {
    const std::string full = module + " " + name;
    const bool storage =
        module == "torch" && std::find(kStorages.begin(), kStorages.end(), name) != kStorages.end();
    if (!storage && full != kRebuildTensor && full != kRebuildParameter && full != kOrderedDict) {
      if (module == "torch" && name.ends_with("Storage")) {
        throw ModelError(fmt::format("pytorch_model.bin stores tensors as torch.{}", name), where_,
                         "save the model in float32, float16 or bfloat16");
      }
      forbid(fmt::format("'{}.{}'", module.substr(0, 80), name.substr(0, 80)));
    }
    Value value;
    value.kind = Kind::global;
    value.text = full;
    push(std::move(value));
  }

  void reduce() {
    const Id arguments = pop(), callable = pop();
    if (values_[callable].kind != Kind::global || values_[arguments].kind != Kind::tuple) {
      refuse("the pickle calls a value that is no function");
    }
    const std::string& function = values_[callable].text;
    const std::vector<Id>& items = values_[arguments].items;
    if (function == kOrderedDict) {
      if (!items.empty()) refuse("OrderedDict is made with arguments");
      push_kind(Kind::dict);
    } else if (function == kRebuildParameter) {
      if (items.size() < 2 || values_[items[0]].kind != Kind::tensor) {
        refuse("_rebuild_parameter is not given a tensor");
      }
      stack_.push_back(items[0]);
    } else if (function == kRebuildTensor) {
      if (items.size() < 4 || values_[items[0]].kind != Kind::storage) {
        refuse("_rebuild_tensor_v2 is not given a storage");
      }
      Value value;
      value.kind = Kind::tensor;
      value.items = items;
      push(std::move(value));
    } else {
      forbid(fmt::format("a call of '{}'", function));
    }
  }

  /// The persistent id of a storage: ('storage', torch.FloatStorage, key, device, elements).
  void load_storage() {
    const Id id = pop();
    const auto& items = values_[id].items;
    const bool shaped =
        values_[id].kind == Kind::tuple && items.size() == 5 &&
        values_[items[0]].kind == Kind::text && values_[items[0]].text == "storage" &&
        values_[items[1]].kind == Kind::global && values_[items[1]].text.starts_with("torch ") &&
        values_[items[2]].kind == Kind::text && values_[items[4]].kind == Kind::integer;
    if (!shaped) refuse("a storage is not described as torch.save does");
    Value value;
    value.kind = Kind::storage;
    value.storage_type = values_[items[1]].text.substr(6);
    value.text = values_[items[2]].text;
    value.integer = values_[items[4]].integer;
    push(std::move(value));
  }

  void push_long(std::uint64_t count) {
    const auto bytes = take(count);
    if (bytes.size() > 8) refuse("a whole number of more than 64 bits");
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bits |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    }
    const bool negative = !bytes.empty() && (std::to_integer<int>(bytes.back()) & 0x80) != 0;
    if (negative && bytes.size() < 8) bits |= ~std::uint64_t{0} << (8 * bytes.size());
    push_kind(Kind::integer, static_cast<std::int64_t>(bits));
  }

  /// One opcode; false after STOP. Codes: CPython's Lib/pickle.py.
  bool step() {
    const auto code = number<std::uint8_t>();
    switch (code) {
      case 0x80:  // PROTO
        if (const auto version = number<std::uint8_t>(); version < 2 || version > 5) {
          refuse(fmt::format("pickle protocol {}", version));
        }
        return true;
      case 0x95:  // FRAME: only a hint about buffering
        take(8);
        return true;
      case '.':
        return false;
      case '(':
        push_kind(Kind::mark);
        return true;
      case '0':
        pop();
        return true;
      case '1':
        pop_to_mark();
        return true;
      case '2':
        stack_.push_back(top());
        return true;
      case 'N':
        push_kind(Kind::none);
        return true;
      case 0x88:
      case 0x89:
        push_kind(Kind::boolean, code == 0x88);
        return true;
      case 'J':
        push_kind(Kind::integer, number<std::int32_t>());
        return true;
      case 'K':
        push_kind(Kind::integer, number<std::uint8_t>());
        return true;
      case 'M':
        push_kind(Kind::integer, number<std::uint16_t>());
        return true;
      case 0x8a:
        push_long(number<std::uint8_t>());
        return true;
      case 0x8b:
        push_long(number<std::uint32_t>());
        return true;
      case 'G':
        take(8);
        push_kind(Kind::real);
        return true;
      case 'X':
      case 'T':
        push_text(text(number<std::uint32_t>()));
        return true;
      case 0x8c:
      case 'U':
        push_text(text(number<std::uint8_t>()));
        return true;
      case 0x8d:
        push_text(text(number<std::uint64_t>()));
        return true;
      default:
        return step_collection(code);
    }
  }

  bool step_collection(std::uint8_t code) {
    switch (code) {
      case ')':
        push_tuple({});
        return true;
      case 't':
        push_tuple(pop_to_mark());
        return true;
      case 0x85:
      case 0x86:
      case 0x87:
        push_small_tuple(code - 0x84u);
        return true;
      case ']':
        push_kind(Kind::list);
        return true;
      case '}':
        push_kind(Kind::dict);
        return true;
      case 'a': {
        const Id item = pop();
        extend(Kind::list, {item});
        return true;
      }
      case 'e':
        extend(Kind::list, pop_to_mark());
        return true;
      case 's': {
        const Id value = pop(), key = pop();
        extend(Kind::dict, {key, value});
        return true;
      }
      case 'u':
        extend(Kind::dict, pop_to_mark());
        return true;
      case 'q':
        remember(number<std::uint8_t>());
        return true;
      case 'r':
        remember(number<std::uint32_t>());
        return true;
      case 0x94:
        remember(memo_.size());
        return true;
      case 'h':
        recall(number<std::uint8_t>());
        return true;
      case 'j':
        recall(number<std::uint32_t>());
        return true;
      case 'c': {
        const std::string module = line();
        push_global(module, line());
        return true;
      }
      case 0x93: {
        const Id name = pop(), module = pop();
        if (values_[name].kind != Kind::text || values_[module].kind != Kind::text) {
          refuse("the pickle names a global by something that is no text");
        }
        push_global(values_[module].text, values_[name].text);
        return true;
      }
      case 'Q':
        load_storage();
        return true;
      case 'R':
        reduce();
        return true;
      case 'b':
        // A state_dict carries _metadata as the OrderedDict's attribute; it is of no use here.
        pop();
        if (values_[top()].kind != Kind::dict) forbid("a change of an object's state");
        return true;
      default:
        refuse_opcode(code);
    }
  }

  [[noreturn]] void refuse_opcode(std::uint8_t code) const {
    struct Named {
      std::uint8_t code;
      const char* name;
    };
    constexpr std::array<Named, 9> kNamed{{{'i', "INST"},
                                           {'o', "OBJ"},
                                           {0x81, "NEWOBJ"},
                                           {0x92, "NEWOBJ_EX"},
                                           {0x82, "EXT1"},
                                           {0x83, "EXT2"},
                                           {0x84, "EXT4"},
                                           {'P', "PERSID"},
                                           {0x97, "NEXT_BUFFER"}}};
    for (const Named& named : kNamed) {
      if (named.code == code) forbid(fmt::format("the pickle opcode {}", named.name));
    }
    refuse(fmt::format("pickle opcode 0x{:02x} at byte {}", code, at_ - 1));
  }

  std::span<const std::byte> pickle_;
  const std::string& where_;
  std::size_t at_ = 0;
  std::deque<Value> values_;
  std::vector<Id> stack_;
  std::unordered_map<std::uint64_t, Id> memo_;
};

}  // namespace

PickleResult run_pickle(std::span<const std::byte> pickle, const std::string& where) {
  return Machine(pickle, where).run();
}

}  // namespace fovea::vision
