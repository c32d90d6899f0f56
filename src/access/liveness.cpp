#include "access/liveness.hpp"

#include <algorithm>
#include <string>

namespace curfew {

namespace {

std::string words_of(const CredentialFacts& facts) {
  std::string words;
  for (const Key& key : facts.keys) {
    if (!words.empty()) words += ' ';
    words += to_string(key);
  }
  return words;
}

Position newest_of(const Stamps& stamps) { return std::max(stamps.auth_as_of, stamps.as_of); }

Verdict told(const LiveJournal& live, const CredentialFacts& facts, Verdict verdict) {
  if (verdict == Verdict::ahead) {
    live.rollback().suspect({newest_of(facts.stamps), words_of(facts)});
  }
  return verdict;
}

}  // namespace

Verdict verdict_now(const LiveJournal& live, const CredentialFacts& facts, TimePoint now) {
  JournalReach reach;
  reach.newest = live.newest_stamp();
  return told(live, facts, judge(facts, live.states(facts.keys), now, reach));
}

Result<Verdict> verdict_in(ReadTx& tx, const Journal& journal, const CredentialFacts& facts,
                           TimePoint now) {
  const LiveJournal& live = journal.live();
  JournalReach reach;
  reach.newest = live.newest_stamp();
  // A row may be newer than what was published: then this transaction knows the entry too.
  if (newest_of(facts.stamps) > reach.newest && !live.rollback().is_raised()) {
    CURFEW_TRY(const JournalHead head, journal_head(tx, journal));
    reach.newest = head.position;
  }
  CURFEW_TRY(const auto states, key_states(tx, journal, facts.keys));
  return told(live, facts, judge(facts, states, now, reach));
}

bool is_ahead(const LiveJournal& live, Position stamp, std::string_view what) {
  if (stamp <= live.newest_stamp()) return false;
  live.rollback().suspect({stamp, std::string{what}});
  return true;
}

}  // namespace curfew
