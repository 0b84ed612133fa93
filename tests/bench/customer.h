#pragma once
// The consumer of the measurements: asks the provider under test for leases, and clears away what it got.

#include "bench/stage.h"
#include "consumer/session.h"

namespace berth::bench {

class Customer {
public:
    /// Waits until the provider is public.
    [[nodiscard]] static Result<Customer> visit(Stage& stage, const Stage::Provider& provider);

    ~Customer(); ///< clears, whatever happened
    Customer(Customer&&) noexcept = default;
    Customer& operator=(Customer&&) = delete;

    /// One lease. Milliseconds from the published request to the decrypted reply.
    [[nodiscard]] Result<double> rent(bool slow_mint = false);
    /// `count` leases, all asked for at once. Milliseconds until the last reply.
    [[nodiscard]] Result<double> rent_many(size_t count, bool slow_mint);
    /// Removes the provider's containers behind its back, so that one sample does not weigh on the next.
    [[nodiscard]] Result<void> clear();

private:
    Customer(Stage& stage, const Stage::Provider& provider, std::unique_ptr<consumer::Session> session)
        : stage_{stage}, provider_{provider}, session_{std::move(session)}
    {
    }
    [[nodiscard]] Result<std::string> request(bool slow_mint);

    Stage& stage_;
    const Stage::Provider provider_;
    std::unique_ptr<consumer::Session> session_;
};

} // namespace berth::bench
