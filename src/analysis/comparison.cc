#include "analysis/comparison.h"

#include <algorithm>
#include <functional>
#include <map>

namespace penstock {
namespace {

/// With fewer blocks of time nothing can be said about bursts.
constexpr size_t kFewestBlocks = 4;
/// The coarsest view that is taken has at least so many blocks (where there are so many): fewer would leave too few
/// degrees of freedom to find anything.
constexpr size_t kCoarsestBlocks = 40;

using Scores = std::function<double(double value)>;
using PairedBlocks = std::vector<statistics::PairedBlock>;

PairedBlocks paired(const Series& incoming, const Series& against, const Scores& score) {
  std::map<Instant, statistics::PairedBlock> blocks;
  const auto add = [&](const Series& series, double statistics::PairedBlock::*count,
                       double statistics::PairedBlock::*sum) {
    for (const Series::Block& block : series.blocks()) {
      statistics::PairedBlock& pair = blocks[block.start];
      for (const ValueCount& value : block.values) {
        pair.*count += static_cast<double>(value.count);
        pair.*sum += score(value.value) * static_cast<double>(value.count);
      }
    }
  };
  add(incoming, &statistics::PairedBlock::a_count, &statistics::PairedBlock::a_sum);
  add(against, &statistics::PairedBlock::b_count, &statistics::PairedBlock::b_sum);
  PairedBlocks list;
  for (const auto& [start, block] : blocks) list.push_back(block);
  return list;
}

/// Whether a difference is more than bursts can make, by the mean difference of a block or by the number of blocks: the
/// first sees a difference that is rare and large, the second isn't blinded by a burst on the other side.
double tail_of(const PairedBlocks& blocks) {
  return std::min(1.0, 2 * std::min(statistics::paired_blocks_tail(blocks), statistics::sign_tail(blocks)));
}

/// The least favourable of the views at all block lengths that leave enough blocks: a burst may be shorter or longer
/// than a block, and only blocks that are longer than the bursts tell how much they spread.
double burst_proof_tail(Series incoming, Series against, const Scores& score, bool& long_enough) {
  const Duration length = std::max(incoming.block_length(), against.block_length());
  incoming = incoming.coarser(length);
  against = against.coarser(length);
  PairedBlocks blocks = paired(incoming, against, score);
  long_enough = blocks.size() >= kFewestBlocks;
  double p = 0;
  while (true) {
    p = std::max(p, tail_of(blocks));
    const Duration next = incoming.block_length() * 2;
    incoming = incoming.coarser(next);
    against = against.coarser(next);
    blocks = paired(incoming, against, score);
    if (blocks.size() < kCoarsestBlocks) return p;
  }
}

statistics::Share share_of(const std::vector<ValueCount>& values) {
  statistics::Share share;
  for (const ValueCount& value : values) {
    share.of += value.count;
    if (value.value > 0) share.hits += value.count;
  }
  return share;
}

void finish(Compared& compared, const Series& incoming, const Series& against) {
  compared.incoming_count = incoming.count();
  compared.against_count = against.count();
  if (compared.against != 0) compared.effect = (compared.incoming - compared.against) / compared.against;
}

}  // namespace

Compared compare_shares(const Series& incoming, const Series& against) {
  const statistics::Share a = share_of(incoming.values());
  const statistics::Share b = share_of(against.values());
  Compared compared;
  compared.incoming = a.value();
  compared.against = b.value();
  const double bursts = burst_proof_tail(
      incoming, against, [](double value) { return value > 0 ? 1.0 : 0.0; }, compared.long_enough);
  compared.p = std::max(statistics::two_proportion_tail(a, b), bursts);
  finish(compared, incoming, against);
  return compared;
}

Compared compare_values(const Series& incoming, const Series& against) {
  const auto a = incoming.values();
  const auto b = against.values();
  Compared compared;
  compared.incoming = statistics::quantile(a, 0.5);
  compared.against = statistics::quantile(b, 0.5);
  const auto ranks = statistics::mid_ranks(a, b);
  const auto rank_of = [&](double value) {
    return std::lower_bound(ranks.begin(), ranks.end(), value,
                            [](const std::pair<double, double>& rank, double wanted) { return rank.first < wanted; })
        ->second;
  };
  const double bursts = burst_proof_tail(incoming, against, rank_of, compared.long_enough);
  compared.p = std::max(statistics::mann_whitney_tail(a, b), bursts);
  finish(compared, incoming, against);
  return compared;
}

}  // namespace penstock
