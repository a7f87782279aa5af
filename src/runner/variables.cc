#include "runner/variables.h"

#include <utility>

#include "base/variable_name.h"

namespace penstock {
namespace {

/// What Linux takes as one argument or environment string (MAX_ARG_STRLEN).
constexpr size_t kLongestEntry = 131072 - 1;
constexpr size_t kLongestValue = size_t{1} << 20;
constexpr size_t kDeepest = 200;

/// A reference at the front of a text: how long it is, and the name; no name: it stands for nothing ($1, $?).
struct Reference {
  size_t length = 0;  // 0: this is none
  std::string_view name;
  bool percent = false;
};

Reference reference_at(std::string_view text) {
  const std::string_view rest = text.substr(1);
  if (text.front() == '%') {
    const size_t length = variable_name_length(rest);
    if (length == 0 || length == rest.size() || rest[length] != '%') return {};
    return {length + 2, rest.substr(0, length), true};
  }
  if (rest.empty()) return {};
  if (rest.front() == '{') {
    const size_t end = rest.find('}');
    if (end == std::string_view::npos) return {};
    return {end + 2, rest.substr(1, end - 1), false};
  }
  if (const size_t length = variable_name_length(rest); length > 0) return {length + 1, rest.substr(0, length), false};
  constexpr std::string_view kSpecial = "*#@!?-0123456789";
  if (kSpecial.find(rest.front()) != std::string_view::npos) return {2, {}, false};
  return {};
}

/// Resolves variables that refer to each other. Each value is worked out once.
class Composer {
 public:
  explicit Composer(const std::string& file_folder) : file_folder_(file_folder) {}

  void add(const Variables& layer) {
    for (const Variable& variable : layer) {
      auto [found, fresh] = newest_.try_emplace(variable.name, entries_.size());
      entries_.push_back({&variable, fresh ? kNone : found->second, State::fresh, {}});
      found->second = entries_.size() - 1;
    }
  }

  Result<Values> compose(Values& files) {
    for (const auto& [name, index] : newest_) resolve(index);
    Values values;
    for (const auto& [name, index] : newest_) {
      if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string_view::npos) {
        return Error{Fault::user, "`" + std::string(name) + "` can't be the name of a variable", ""};
      }
      Entry& entry = entries_[index];
      if (entry.variable->file) {
        if (variable_name_length(name) != name.size()) {
          return Error{Fault::user, "file variable `" + std::string(name) + "` can't be the name of a file", ""};
        }
        if (!entry.variable->raw && entry.value.size() > kLongestValue) {
          return Error{Fault::user, "file variable `" + std::string(name) + "` expands to more than 1 MiB",
                       "give it `expand: false`"};
        }
        files.emplace(name, std::move(entry.value));
        values.emplace(name, path_of(entry));
        continue;
      }
      if (name.size() + 1 + entry.value.size() > kLongestEntry) {
        return Error{Fault::user,
                     "variable `" + std::string(name) + "` holds more than the 128 KiB that a process can be given",
                     "make it a file variable"};
      }
      if (entry.value.find('\0') != std::string::npos) {
        return Error{Fault::user, "variable `" + std::string(name) + "` holds a NUL byte, which no environment can",
                     ""};
      }
      values.emplace(name, std::move(entry.value));
    }
    return values;
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  enum class State { fresh, busy, done };
  struct Entry {
    const Variable* variable;
    size_t below;  // the entry of the same name that this one hides
    State state;
    std::string value;
  };

  [[nodiscard]] std::string path_of(const Entry& entry) const { return file_folder_ + "/" + entry.variable->name; }

  void resolve(size_t index) {
    Entry& entry = entries_[index];
    if (entry.state == State::done) return;
    entry.state = State::busy;
    ++depth_;
    const Variable& variable = *entry.variable;
    std::string value =
        variable.raw ? variable.value
                     : expand(variable.value, [&](std::string_view name) { return value_seen_from(index, name); });
    // A value that doubles itself again and again is cut before it takes the memory; compose() then refuses it.
    if (value.size() > kLongestValue && !variable.file) value.resize(kLongestValue);
    --depth_;
    entries_[index].value = std::move(value);
    entries_[index].state = State::done;
  }

  std::optional<std::string> value_seen_from(size_t index, std::string_view name) {
    size_t target = entries_[index].below;
    if (entries_[index].variable->name != name) {
      const auto found = newest_.find(name);
      target = found == newest_.end() ? kNone : found->second;
    }
    if (target == kNone) return std::nullopt;
    if (entries_[target].variable->file) return path_of(entries_[target]);
    if (entries_[target].state == State::busy || depth_ > kDeepest) return "$" + std::string(name);
    resolve(target);
    return entries_[target].value;
  }

  const std::string& file_folder_;
  std::vector<Entry> entries_;
  std::map<std::string_view, size_t> newest_;
  size_t depth_ = 0;
};

}  // namespace

std::string expand(std::string_view text, const Lookup& lookup) {
  std::string expanded;
  while (!text.empty() && expanded.size() <= kLongestValue) {
    const size_t plain = std::min(text.find_first_of("$%"), text.size());
    expanded += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (text.starts_with("$$")) {
      expanded += '$';
      text.remove_prefix(2);
      continue;
    }
    const Reference reference = reference_at(text);
    std::optional<std::string> value;
    if (!reference.name.empty()) value = lookup(reference.name);
    if (reference.length == 0 || (reference.percent && !value)) {
      expanded += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (value) expanded += *value;
    text.remove_prefix(reference.length);
  }
  return expanded;
}

std::string expand(std::string_view text, const Values& values) {
  return expand(text, [&](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  });
}

Result<Values> compose_variables(const std::vector<Variables>& layers, const std::string& file_folder, Values& files) {
  Composer composer(file_folder);
  for (const Variables& layer : layers) composer.add(layer);
  return composer.compose(files);
}

std::vector<std::string> as_environment(const Values& values) {
  std::vector<std::string> environment;
  environment.reserve(values.size());
  for (const auto& [name, value] : values) environment.push_back(name + "=" + value);
  return environment;
}

Variables from_environment(const std::vector<std::string>& environment) {
  Variables variables;
  for (const std::string& entry : environment) {
    const size_t equals = entry.find('=', 1);
    if (equals == std::string::npos) continue;
    variables.push_back({entry.substr(0, equals), entry.substr(equals + 1), true, false, false});
  }
  return variables;
}

}  // namespace penstock
