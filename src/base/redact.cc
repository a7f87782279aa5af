#include "base/redact.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret_forms.h"
#include "base/text_finder.h"

namespace penstock {
namespace {

constexpr std::string_view kMask = "[MASKED]";

/// Whether `form` could come into being around a mask: as a part of it, with it in the midst, or across one of its
/// ends.
bool meets(std::string_view mask, std::string_view form) {
  if (mask.find(form) != std::string_view::npos || form.find(mask) != std::string_view::npos) return true;
  for (size_t length = 1; length < std::min(mask.size(), form.size()) + 1; ++length) {
    if (mask.ends_with(form.substr(0, length)) || mask.starts_with(form.substr(form.size() - length))) return true;
  }
  return false;
}

/// The usual mask, unless a secret is so made that the mask or what it touches would show it.
std::string choose_mask(const std::vector<std::string>& forms) {
  std::vector<std::string> candidates = {std::string(kMask), "(HIDDEN)", "<masked>", "********"};
  for (char c = '!'; c <= '~'; ++c) candidates.emplace_back(8, c);
  candidates.emplace_back("\xEF\xBF\xBD");
  for (std::string& candidate : candidates) {
    if (std::none_of(forms.begin(), forms.end(), [&](std::string_view form) { return meets(candidate, form); })) {
      return std::move(candidate);
    }
  }
  return std::string(kMask);
}

/// What is masked: from `start` to before `end`.
struct Region {
  size_t start;
  size_t end;
};

/// One text on its way through the filter. Offsets count from the first byte that is held back.
class Stream {
 public:
  void feed(const TextFinder& finder, std::string_view mask, std::string_view piece, std::string& output) {
    if (held_.empty()) {
      scan(finder, piece);
      release(mask, piece, read_ - finder.depth(state_), output);
      held_.assign(piece.substr(released_));
    } else {
      held_ += piece;
      scan(finder, held_);
      release(mask, held_, read_ - finder.depth(state_), output);
      held_.erase(0, released_);
    }
    read_ -= released_;
    done_ -= released_;
    released_ = 0;
  }

  void finish(std::string_view mask, std::string& output) {
    release(mask, held_, held_.size(), output);
    *this = Stream();
  }

 private:
  void scan(const TextFinder& finder, std::string_view input) {
    // Up to here texts that could still begin were looked at by the automaton: the filter may take over where none is
    // under way, or so short a beginning that it can as well be looked at afresh.
    size_t start = read_ - finder.depth(state_);
    bool fresh = finder.depth(state_) < TextFinder::kFiltered;
    while (true) {
      if (fresh) {
        start = finder.skip(input, start);
        read_ = start;
        state_ = TextFinder::kRoot;
      }
      fresh = false;
      while (read_ < input.size()) {
        state_ = finder.next(state_, static_cast<unsigned char>(input[read_++]));
        if (const size_t length = finder.match_length(state_); length != 0) mark(read_ - length, read_);
        const size_t depth = finder.depth(state_);
        // Fewer bytes than the filter wants are left to the automaton.
        if (depth < TextFinder::kFiltered && read_ - depth > start &&
            input.size() - (read_ - depth) >= TextFinder::kFiltered) {
          start = read_ - depth;
          fresh = true;
          break;
        }
      }
      if (!fresh) return;
    }
  }

  /// Matches come in the order of their ends, so only the last regions can be touched by a new one.
  void mark(size_t start, size_t end) {
    while (!regions_.empty() && regions_.back().end > start) {
      start = std::min(start, regions_.back().start);
      end = std::max(end, regions_.back().end);
      regions_.pop_back();
    }
    if (start < done_) {
      done_ = std::max(done_, end);
    } else {
      regions_.push_back({start, end});
    }
  }

  /// Writes what no later match can touch: all before `certain`, where the earliest text under way begins.
  void release(std::string_view mask, std::string_view input, size_t certain, std::string& output) {
    size_t settled = 0;
    for (; settled < regions_.size() && regions_[settled].start <= certain; ++settled) {
      const Region& region = regions_[settled];
      output.append(input.substr(done_, region.start - done_)).append(mask);
      done_ = region.end;
    }
    regions_.erase(regions_.begin(), regions_.begin() + static_cast<std::ptrdiff_t>(settled));
    if (done_ < certain) {
      output.append(input.substr(done_, certain - done_));
      done_ = certain;
    }
    for (Region& region : regions_) region = {region.start - certain, region.end - certain};
    released_ = certain;
  }

  std::string held_;
  size_t read_ = 0;      ///< How far the automaton has read.
  size_t done_ = 0;      ///< What lies before this is written or masked.
  size_t released_ = 0;  ///< What the last `release` no longer needs.
  TextFinder::StateId state_ = TextFinder::kRoot;
  std::vector<Region> regions_;
};

std::vector<std::string> all_forms(const std::vector<std::string>& secrets) {
  std::vector<std::string> forms;
  for (const std::string& secret : secrets) {
    std::vector<std::string> more = secret_forms(secret);
    forms.insert(forms.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  return forms;
}

}  // namespace

struct Redactor::State {
  explicit State(const std::vector<std::string>& forms)
      : finder(forms), mask(choose_mask(forms)), none(forms.empty()) {}

  TextFinder finder;
  std::string mask;
  bool none;
  Stream stream;
};

Redactor::Redactor(const std::vector<std::string>& secrets) : state_(std::make_unique<State>(all_forms(secrets))) {}
Redactor::~Redactor() = default;
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;

void Redactor::feed(std::string_view piece, std::string& output) {
  if (state_->none) {
    output += piece;
  } else {
    state_->stream.feed(state_->finder, state_->mask, piece, output);
  }
}

void Redactor::finish(std::string& output) { state_->stream.finish(state_->mask, output); }

std::string Redactor::redact(std::string_view text) const {
  if (state_->none) return std::string(text);
  std::string output;
  Stream stream;
  stream.feed(state_->finder, state_->mask, text, output);
  stream.finish(state_->mask, output);
  return output;
}

bool Redactor::empty() const { return state_->none; }

}  // namespace penstock
