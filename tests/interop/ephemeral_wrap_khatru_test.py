"""Requests in ephemeral gift wraps pass khatru: served while the provider listens, refused by the relay when nobody does."""

from harness import check, equal, narrate
from peers import khatru

SECONDS = 40


def run(world):
    relay, mint = khatru(world), world.mint()
    provider = world.provider([relay], [mint]).start()
    customer = world.consumer("customer", [relay])
    lease = customer.spawn(provider, world.token(mint, SECONDS), wrap="ephemeral").good()["pod_npub"]
    equal(customer.status(provider, lease).good()["status"], "Running", "a lease that was asked for ephemerally runs")
    provider.process.stop()
    narrate("the provider is away")
    token = world.token(mint, SECONDS)
    answer = customer.spawn(provider, token, wrap="ephemeral", wait=10)
    check(answer.code != 0 and ("no relay took the request" in answer.errors or "is lost and nothing was taken" in answer.errors),
          "the customer hears that the request reached nobody")
    equal(world.redeem(mint, token), SECONDS, "and has the token")
