// protocol/ssf/foreign_subject.hpp: whom a token of somebody else's is about, in the forms that are
// really sent.
//
// Beside those of RFC 9493: `subject_type` for `format`, hyphens for underscores and
// `id_token_claims` (Google); members `user`, `device`, ... without a format (Okta); an address or
// a pair of issuer and subject with neither. Whatever cannot be read names nobody, and is no error:
// the event is a fact all the same. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>

#include "protocol/ssf/subject.hpp"

namespace curfew {

[[nodiscard]] SubjectNames read_foreign_subject(const boost::json::object& subject);

}  // namespace curfew
