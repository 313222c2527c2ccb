package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// warmUp is the beginning of a run that does not count: connections open, plans
// and caches are made.
const warmUp = 3 * time.Second

// probeRate is how often SELECT 1 is asked in a second.
const probeRate = 50

// load sends requests in an open loop: each at its time, whatever became of the
// others.
type load struct {
	address string
	key     influencer.Secret
	people  int
	client  *http.Client
	store   *store.Store

	mu     sync.Mutex
	took   map[string][]time.Duration
	failed map[string]int
	why    error // of the first failure
}

func newLoad(address string, key influencer.Secret, people int, s *store.Store) *load {
	return &load{address: address, key: key, people: people, store: s,
		took: map[string][]time.Duration{}, failed: map[string]int{},
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}}}
}

// requests are the kinds of requests, in the order of the report.
var requests = [...]string{"summary", "people, filtered", "people, by name", "accounts, filtered", "person", "readings"}

// mix is what a run sends, over and over: dashboards and lists most of all, and a
// part of a name, which a person types, one time in twenty.
var mix = [...]string{
	"summary", "people, filtered", "person", "readings", "accounts, filtered",
	"summary", "people, filtered", "person", "readings", "people, by name",
	"summary", "people, filtered", "person", "readings", "accounts, filtered",
	"summary", "people, filtered", "person", "readings", "person",
}

// path is one request of a kind, for somebody at random.
func (l *load) path(kind string) string {
	agency := url.QueryEscape(store.FilledAgency(1 + below(640)))
	switch kind {
	case "summary":
		return [...]string{"/api/v1/summary", "/api/v1/summary?agency=" + agency, "/api/v1/summary?platform=x"}[below(3)]
	case "people, filtered":
		return "/api/v1/people?status=active,grace&agency=" + agency
	case "people, by name":
		return "/api/v1/people?q=" + [...]string{"wardana", "putri+siregar", "made"}[below(3)]
	case "accounts, filtered":
		return "/api/v1/accounts?platform=instagram&problem=unreadable" + [...]string{"", "&agency=" + agency}[below(2)]
	case "person":
		return "/api/v1/people/" + strconv.Itoa(1+below(l.people))
	default:
		return "/api/v1/accounts/" + strconv.Itoa(1+below(3*l.people)) + "/readings"
	}
}

// below is a number from 0 on, at random.
func below(n int) int { return rand.IntN(n) } //nolint:gosec // who is asked for is no secret

func (l *load) request(ctx context.Context, kind string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.address+l.path(kind), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+l.key.Reveal())
	answer, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", kind, answer.Status)
	}
	return nil
}

// run sends both streams until the span is over and all are answered.
func (l *load) run(ctx context.Context, rate int, span time.Duration) ([]apiFigure, error) {
	begin := time.Now()
	var streams sync.WaitGroup
	streams.Go(func() {
		l.stream(ctx, begin, rate, span, func(n int) string { return mix[n%len(mix)] }, l.request)
	})
	streams.Go(func() {
		l.stream(ctx, begin, probeRate, span, func(int) string { return selectOne },
			func(ctx context.Context, _ string) error { return l.store.RoundTrip(ctx) })
	})
	streams.Wait()
	l.client.CloseIdleConnections()
	var figures []apiFigure
	for _, kind := range append([]string{selectOne}, requests[:]...) {
		f := figureOf(kind, l.took[kind])
		f.Failed = l.failed[kind]
		figures = append(figures, f)
	}
	return figures, l.why
}

func (l *load) stream(ctx context.Context, begin time.Time, rate int, span time.Duration, kind func(n int) string, do func(context.Context, string) error) {
	var calls sync.WaitGroup
	defer calls.Wait()
	for n := 0; ctx.Err() == nil; n++ {
		due := begin.Add(time.Duration(n) * time.Second / time.Duration(rate))
		if due.Sub(begin) > warmUp+span {
			return
		}
		time.Sleep(time.Until(due))
		calls.Go(func() {
			err := do(ctx, kind(n))
			l.note(kind(n), time.Since(due), err, due.Sub(begin) >= warmUp)
		})
	}
}

func (l *load) note(kind string, took time.Duration, err error, counts bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !counts {
		return
	}
	l.took[kind] = append(l.took[kind], took) // a failure takes its time as well
	if err != nil {
		l.failed[kind]++
		if l.why == nil {
			l.why = err
		}
	}
}
