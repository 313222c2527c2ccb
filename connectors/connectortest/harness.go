package connectortest

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/testservers"
)

// Harness is one rehearsal: a platform on loopback and what it accepts.
type Harness struct {
	URL    string
	Client *connectors.Client
	Sim    *simulator.Server
	Now    func() time.Time

	Bearer                      influencer.Secret // of X
	ConsumerKey, ConsumerSecret influencer.Secret // of X
	InstagramUserID             string
	InstagramToken              influencer.Secret
	AppID                       string
	AppSecret                   influencer.Secret
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// people is the size of the rehearsed population.
const people = 4000

// rehearse starts a platform on which, without a mix, everybody is ordinary.
func (s suite) rehearse(t testing.TB, mix *simulator.Mix) *Harness {
	if mix == nil {
		mix = &simulator.Mix{}
	}
	h := &Harness{
		Now:    func() time.Time { return noon },
		Bearer: "AAAABEARER-of-the-rehearsal-0123456789", ConsumerKey: "CONSUMERKEY-0123456789", ConsumerSecret: "CONSUMERSECRET-0123456789",
		InstagramUserID: simulator.DefaultInstagramUserID, InstagramToken: "EAAIGTOKEN-of-the-rehearsal-0123456789",
		AppID: "1234567890", AppSecret: "APPSECRET-of-the-rehearsal-0123456789",
	}
	o := s.Sim
	o.Seed, o.People, o.Mix, o.Now, o.Start, o.Trickle = 7, people, mix, h.Now, noon, time.Hour
	o.BearerToken, o.ConsumerKey, o.ConsumerSecret = h.Bearer.Reveal(), h.ConsumerKey.Reveal(), h.ConsumerSecret.Reveal()
	o.AppID, o.AppSecret = h.AppID, h.AppSecret.Reveal()
	o.InstagramUserID, o.InstagramToken = h.InstagramUserID, h.InstagramToken.Reveal()
	h.Sim = simulator.New(o)
	srv := httptest.NewServer(h.Sim)
	h.URL = srv.URL
	h.Client = connectors.NewClient(connectors.ClientOptions{Now: h.Now, Timeout: time.Minute, Gate: s.gate(t, h.Now)})
	t.Cleanup(func() { h.Client.Close(); srv.Close() })
	return h
}

// gate is the one that replicas share, on a real Redis.
func (s suite) gate(t testing.TB, now func() time.Time) connectors.Gate {
	o, err := redis.ParseURL(testservers.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	t.Cleanup(func() { _ = client.Close() })
	return gate.New(gate.Options{Client: client, Now: now, Reserve: -1})
}

// rehearsal is a harness with its connector.
type rehearsal struct {
	*Harness
	s suite
	t testing.TB
	c connectors.Connector
}

func (s suite) begin(t testing.TB, mix *simulator.Mix, faults ...simulator.Fault) *rehearsal {
	t.Helper()
	h := s.rehearse(t, mix)
	r := &rehearsal{h, s, t, s.maker(t, h)}
	for _, f := range faults {
		r.fault(f)
	}
	return r
}

func (r *rehearsal) fault(f simulator.Fault) {
	r.t.Helper()
	if _, err := r.Sim.AddFault(f); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rehearsal) wantCalls(most int) {
	r.t.Helper()
	if n := r.Sim.Stats().Total.Calls; n > int64(most) {
		r.t.Errorf("%d calls, want at most %d", n, most)
	}
}

// truth is the simulator's answer key for one target.
func (r *rehearsal) truth(index int) simulator.Profile {
	return r.Sim.Truth(simulator.Platform(r.s.Platform), index, noon)
}

// request asks for the first n people.
func (r *rehearsal) request(n int, pinned func(i int) bool) influencer.Request {
	indexes := make([]int, n)
	for i := range indexes {
		indexes[i] = i
	}
	return r.requestOf(indexes, pinned)
}

// requestOf asks for people by index; an account's id is its index and 1.
func (r *rehearsal) requestOf(indexes []int, pinned func(i int) bool) influencer.Request {
	pf := simulator.Platform(r.s.Platform)
	req := influencer.Request{Purpose: influencer.PurposePlanned}
	for i, index := range indexes {
		t := influencer.Target{AccountID: int64(index + 1), Handle: r.Sim.Population().Handle(pf, index)}
		if pinned(i) {
			t.ExternalID = r.truth(index).ExternalID()
		}
		if r.s.OwnTokens {
			t.Token = influencer.Secret(r.Sim.UserToken(index))
		}
		req.Targets = append(req.Targets, t)
	}
	return req
}

// result is what one Read gave, after the checks that hold for all of them.
type result struct {
	r   *rehearsal
	req influencer.Request
	obs []influencer.Observation // in the order of the targets
	err *influencer.Failure
}

// read makes one Read and checks the contract.
func (r *rehearsal) read(req influencer.Request) *result {
	r.t.Helper()
	obs, err := r.c.Read(r.t.Context(), req)
	return r.result(req, obs, err)
}

func (r *rehearsal) result(req influencer.Request, obs []influencer.Observation, err error) *result {
	r.t.Helper()
	res := &result{r: r, req: req}
	if err != nil {
		if !errors.As(err, &res.err) {
			r.t.Fatalf("the error is no failure: %v", err)
		}
		if obs != nil {
			r.t.Fatalf("observations beside the error %v", err)
		}
		r.secretFree(res.err)
		return res
	}
	byID := map[int64]influencer.Observation{}
	for _, o := range obs {
		if _, twice := byID[o.AccountID]; twice {
			r.t.Errorf("account %d twice", o.AccountID)
		}
		byID[o.AccountID] = o
		r.contract(o)
	}
	if len(obs) != len(req.Targets) {
		r.t.Fatalf("%d observations of %d targets", len(obs), len(req.Targets))
	}
	for _, t := range req.Targets {
		o, ok := byID[t.AccountID]
		if !ok {
			r.t.Fatalf("no observation of account %d", t.AccountID)
		}
		res.obs = append(res.obs, o)
	}
	return res
}

// contract checks one observation by itself.
func (r *rehearsal) contract(o influencer.Observation) {
	r.t.Helper()
	known := o.Counts.Metric(r.c.Metric()) != nil
	switch {
	case known == (o.Failure != nil):
		r.t.Errorf("account %d: metric known %v beside failure %v", o.AccountID, known, o.Failure)
	case o.Failure != nil && o.Counts != (influencer.Counts{}):
		r.t.Errorf("account %d: numbers beside failure %v", o.AccountID, o.Failure)
	case o.Failure != nil:
		r.secretFree(o.Failure)
	case o.ExternalID == "" || o.Source != r.s.Source:
		r.t.Errorf("account %d: id %q, source %q", o.AccountID, o.ExternalID, o.Source)
	}
}

// secretFree looks for every credential in all that a failure could print.
func (r *rehearsal) secretFree(f *influencer.Failure) {
	r.t.Helper()
	text := fmt.Sprintf("%v %+v %#v", f, *f, *f)
	for err := f.Err; err != nil; err = errors.Unwrap(err) {
		text += fmt.Sprintf(" %v %+v", err, err)
	}
	for _, secret := range []influencer.Secret{r.Bearer, r.ConsumerKey, r.ConsumerSecret, r.InstagramToken, r.AppSecret, "EAASIM"} {
		if strings.Contains(text, secret.Reveal()) {
			r.t.Errorf("a secret stands in %s", text)
		}
	}
}
