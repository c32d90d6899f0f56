// api/signal_sources/source_right.hpp: by what right a source is heard, and acts.
//
// It acts as its application: on people who hold no directory role, and as far as an administrator
// gave that application a Graph permission of its own for it. Both are asked in the transaction
// that changes something, so that a source whose application was taken away leads to nothing any
// more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/api_call.hpp"
#include "api/context.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/signal_source.hpp"
#include "store/store.hpp"

namespace curfew {

// `denied` says why it is not heard: it or its application is disabled, or the application blocked.
// A journal that was rolled back is no reason: what it leads to takes access away.
[[nodiscard]] Status check_source_stands(ReadTx& tx, const ServerContext& context,
                                         const SignalSource& source);

// The permission of its application that an effect needs; empty: none.
[[nodiscard]] std::string_view permission_for(SignalEffect effect);

// Those that the effects of its policy need and its application does not hold, each once.
[[nodiscard]] Result<std::vector<std::string>> missing_permissions(ReadTx& tx, const App& app,
                                                                   const SignalSource& source);

// The source as it is in the store now stands, and its application holds what the effect needs.
[[nodiscard]] Status check_may_act(ReadTx& tx, const ServerContext& context,
                                   const std::string& source_id, SignalEffect effect);

// As whose doing it counts. `as_of`: read before the source's row was.
[[nodiscard]] ApiCall call_of_source(const ServerContext& context, const SignalSource& source,
                                     const App& app, Position as_of);

// Only its hash is kept.
struct SourceToken {
  std::string text;
  std::string hash;
};
[[nodiscard]] SourceToken new_source_token();
[[nodiscard]] bool is_source_token(const SignalSource& source, std::string_view text);

// The Authorization header of polls; empty: none.
[[nodiscard]] std::string seal_source_authorization(const ServerContext& context,
                                                    const std::string& source_id,
                                                    std::string_view header);
// corrupted: it was sealed under another master key.
[[nodiscard]] Result<std::string> open_source_authorization(const ServerContext& context,
                                                            const SignalSource& source);

}  // namespace curfew
