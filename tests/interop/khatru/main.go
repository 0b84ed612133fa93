// Command relay is a real relay on loopback for the interoperability tests: khatru with an in-memory store.
//
//	relay --port 17001 [--auth eager|lazy] [--limits] [--seed FILE]
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/fiatjaf/eventstore/slicestore"
	"github.com/fiatjaf/khatru"
	"github.com/fiatjaf/khatru/policies"
	"github.com/nbd-wtf/go-nostr"
)

const maxSeedLineBytes = 1 << 20

// seedStore puts one event per line into the store unverified, so that a real relay serves what no relay should.
func seedStore(store *slicestore.SliceStore, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, 64*1024), maxSeedLineBytes)
	for number := 1; lines.Scan(); number++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var event nostr.Event
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return fmt.Errorf("%s line %d: %w", path, number, err)
		}
		if err := store.SaveEvent(context.Background(), &event); err != nil {
			return fmt.Errorf("%s line %d: %w", path, number, err)
		}
	}
	return lines.Err()
}

// requireAuth refuses reads and writes until the client has authenticated (NIP-42).
func requireAuth(relay *khatru.Relay, eager bool) {
	if eager {
		relay.OnConnect = append(relay.OnConnect, khatru.RequestAuth)
	}
	relay.RejectFilter = append(relay.RejectFilter, policies.MustAuth)
	relay.RejectEvent = append(relay.RejectEvent,
		func(ctx context.Context, event *nostr.Event) (bool, string) {
			if khatru.GetAuthed(ctx) == "" {
				return true, "auth-required: publishing needs authentication"
			}
			return false, ""
		})
}

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	auth := flag.String("auth", "", "refuse REQ and EVENT before AUTH: eager (challenge at connect) or lazy (on refusal)")
	limits := flag.Bool("limits", false, "rate limits per address, tight enough for a test to meet them")
	seed := flag.String("seed", "", "file with one event per line, stored unverified")
	flag.Parse()
	if *port == 0 || (*auth != "" && *auth != "eager" && *auth != "lazy") {
		flag.Usage()
		os.Exit(2)
	}

	store := &slicestore.SliceStore{}
	if err := store.Init(); err != nil {
		log.Fatal(err)
	}
	if *seed != "" {
		if err := seedStore(store, *seed); err != nil {
			log.Fatal(err)
		}
	}

	relay := khatru.NewRelay()
	relay.Info.Name = "interop relay"
	relay.StoreEvent = append(relay.StoreEvent, store.SaveEvent)
	relay.QueryEvents = append(relay.QueryEvents, store.QueryEvents)
	relay.DeleteEvent = append(relay.DeleteEvent, store.DeleteEvent)
	relay.ReplaceEvent = append(relay.ReplaceEvent, store.ReplaceEvent)
	if *auth != "" {
		requireAuth(relay, *auth == "eager")
	}
	if *limits {
		relay.RejectEvent = append(relay.RejectEvent, policies.EventIPRateLimiter(1, 5*time.Second, 5))
		relay.RejectFilter = append(relay.RejectFilter, policies.FilterIPRateLimiter(5, 5*time.Second, 20))
	}

	address := fmt.Sprintf("127.0.0.1:%d", *port)
	log.Printf("listening on ws://%s", address)
	log.Fatal(http.ListenAndServe(address, relay))
}
