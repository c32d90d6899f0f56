// api/admin/remove_objects.hpp: taking objects out of the directory for good.
//
// In two transactions, in an order that a crash between them cannot turn into access: first all
// access is taken away, as disabling does it and under the same guard; then the rows go. The
// object's key stays blocked, and ids are never given again, so nothing that named it comes back.
// What the audit, runs and reports say about it stays.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> remove_user(const AdminCall& call);
// Its members lose what they had through it, and nothing else.
[[nodiscard]] Task<Result<boost::json::value>> remove_group(const AdminCall& call);
// `conflict` for the applications that every tenant has.
[[nodiscard]] Task<Result<boost::json::value>> remove_app(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_device(const AdminCall& call);

}  // namespace curfew
