#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// A streaming filter that replaces secrets by `[MASKED]`. The one promise: however the input is cut into pieces, the
/// output is the same, and no secret and no usual encoding of one (as it is, each line of a multi-line value, either
/// kind of line break, base64 at each of the three alignments in both alphabets, URL-encoded in both cases,
/// JSON-escaped, shell-quoted) survives in it. Overlapping secrets are masked as one. Values of fewer than 3 bytes and
/// lines of a multi-line value shorter than 8 are not masked by themselves (they would blank half of every log). Where
/// a secret looks so much like the mask that the mask would show it, another mask is used. Some GB/s without secrets,
/// around 1 GB/s with some; linear in the input whatever it holds.
class Redactor {
 public:
  explicit Redactor(const std::vector<std::string>& secrets);
  ~Redactor();
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;

  /// Appends to `output` what is certain by now; holds back at most the longest encoding of a secret.
  void feed(std::string_view piece, std::string& output);
  /// Appends what was held back. The filter may be used again afterwards.
  void finish(std::string& output);

  /// For text that is whole, such as an error message.
  [[nodiscard]] std::string redact(std::string_view text) const;
  [[nodiscard]] bool empty() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock
