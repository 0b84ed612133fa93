#pragma once
// The consumer of the measurements: asks the provider under test for leases, and clears away what it got.

#include "bench/stage.h"
#include "compute/backend.h"
#include "consumer/marketplace.h"

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
    /// One lease as wished for, but with a token, and this image if none is named. The provider's reply.
    [[nodiscard]] Result<std::string> rent_as(consumer::SpawnWish wish);
    /// Asks for what the provider can't answer soon. An error if it answers all the same.
    [[nodiscard]] Result<void> ask_for(consumer::SpawnWish wish);
    /// Ends a lease, named as in its reply. Its unused time is paid back, which nobody here waits for.
    [[nodiscard]] Result<void> stop(const std::string& pod);
    /// `count` leases, all asked for at once. Milliseconds until the last reply.
    [[nodiscard]] Result<double> rent_many(size_t count, bool slow_mint);
    /// Removes the provider's containers behind its back, so that one sample does not weigh on the next.
    [[nodiscard]] Result<void> clear();
    /// How many of the provider's containers run.
    [[nodiscard]] Result<size_t> running();

private:
    Customer(Stage& stage, const Stage::Provider& provider, std::unique_ptr<consumer::Session> session)
        : stage_{stage}, provider_{provider}, session_{std::move(session)}
    {
    }
    [[nodiscard]] Result<std::string> request(consumer::SpawnWish wish, bool slow_mint);
    [[nodiscard]] std::unique_ptr<compute::Backend> engine() const;

    Stage& stage_;
    const Stage::Provider provider_;
    std::unique_ptr<consumer::Session> session_;
};

} // namespace berth::bench
