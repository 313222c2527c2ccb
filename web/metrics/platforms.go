package metrics

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pengikut/pengikut/influencer"
)

var (
	platformState = gauge("pengikut_platform_state", "1 for the state that a platform as a whole is in: ok or the kind of trouble; else 0.", "platform", "state")
	gateOpen      = gauge("pengikut_gate_open", "Whether a platform may be called now.", "platform")
	gateUntil     = gauge("pengikut_gate_closed_until_timestamp_seconds", "When a platform that may not be called now may be; 0 while it may.", "platform")
	inARow        = gauge("pengikut_platform_failures_in_a_row", "Failures of a platform as a whole since its last answer.", "platform")
	since         = gauge("pengikut_platform_state_since_timestamp_seconds", "When a platform's state began.", "platform")
	room          = gauge("pengikut_gate_headroom_accounts", "Accounts that a platform's known limits let through now, by purpose; missing where no limit is known.", "platform", "purpose")
)

// states are what a platform as a whole can be in.
func states() []string {
	return []string{"ok", string(influencer.RateLimited), string(influencer.CredentialDead), string(influencer.Forbidden),
		string(influencer.BudgetSpent), string(influencer.Unavailable), string(influencer.Malformed)}
}

// platforms tells of those that are read, and of those that once were.
func platforms(from Platforms, read map[influencer.Platform]time.Duration, now func() time.Time) *probe {
	return &probe{name: "platforms", numbers: []number{platformState, gateOpen, gateUntil, inARow, since}, every: quick, timeout: quickTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			heard, err := from.PlatformHealth(ctx)
			for p := range read { // one that was never called has no trouble
				if !slices.ContainsFunc(heard, func(h influencer.PlatformHealth) bool { return h.Platform == p }) {
					heard = append(heard, influencer.PlatformHealth{Platform: p})
				}
			}
			var out []prometheus.Metric
			for _, h := range heard {
				out = append(out, health(h, now())...)
			}
			return out, err
		}}
}

func health(h influencer.PlatformHealth, now time.Time) []prometheus.Metric {
	platform, state, until := string(h.Platform), string(h.Kind), h.Until
	if state == "" {
		state = "ok"
	}
	if h.Kind == "" || !until.After(now) {
		until = time.Time{}
	}
	out := []prometheus.Metric{gateOpen.of(truth(until.IsZero()), platform), gateUntil.of(unix(until), platform),
		inARow.of(float64(h.Failures), platform)}
	if !h.Since.IsZero() {
		out = append(out, since.of(unix(h.Since), platform))
	}
	for _, s := range states() {
		out = append(out, platformState.of(truth(s == state), platform, s))
	}
	return out
}

func headroom(from Room, read map[influencer.Platform]time.Duration) *probe {
	return &probe{name: "headroom", numbers: []number{room}, every: quick, timeout: quickTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			var out []prometheus.Metric
			for p := range read {
				for _, why := range []influencer.Purpose{influencer.PurposePlanned, influencer.PurposeManual} {
					if n, _, known := from.Headroom(ctx, p, why); known {
						out = append(out, room.of(float64(n), string(p), string(why)))
					}
				}
			}
			return out, nil
		}}
}

var (
	used      = gauge("pengikut_budget_used_reads", "Account reads that a platform bills for this UTC month so far, by purpose.", "platform", "purpose")
	monthEnd  = gauge("pengikut_budget_month_end_timestamp_seconds", "When this UTC month ends, and the budget begins anew.")
	budgetCap = gauge("pengikut_budget_cap_reads", "Account reads that the configuration allows a UTC month; missing where it sets no cap.", "platform")
	foreseen  = gauge("pengikut_budget_forecast_reads", "Account reads that this UTC month will come to if every account is read when due and no cap holds.", "platform")
)

func usage(from Budgets, read map[influencer.Platform]time.Duration, now func() time.Time) *probe {
	type key struct {
		platform influencer.Platform
		purpose  influencer.Purpose
	}
	return &probe{name: "usage", numbers: []number{used, monthEnd}, every: slow, timeout: slowTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			at := now()
			rows, err := from.Usage(ctx, at)
			sums := map[key]int64{}
			for p := range read { // a month begins with no reads, not with unknown ones
				sums[key{p, influencer.PurposePlanned}], sums[key{p, influencer.PurposeManual}] = 0, 0
			}
			for _, u := range rows {
				sums[key{u.Platform, u.Purpose}] += u.Reads
			}
			out := []prometheus.Metric{monthEnd.of(unix(influencer.MonthOf(at).AddDate(0, 1, 0)))}
			for k, n := range maps.All(sums) {
				out = append(out, used.of(float64(n), string(k.platform), string(k.purpose)))
			}
			return out, err
		}}
}

// forecast looks at every account that is handed out, and so is asked seldom.
func forecast(from Budgets, read map[influencer.Platform]time.Duration) *probe {
	return &probe{name: "forecast", numbers: []number{budgetCap, foreseen}, every: 15 * time.Minute, timeout: slowTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			var out []prometheus.Metric
			for p := range read {
				b, err := from.Forecast(ctx, p)
				if err != nil {
					return nil, err
				}
				out = append(out, foreseen.of(float64(b.Forecast), string(p)))
				if b.Cap != nil {
					out = append(out, budgetCap.of(float64(*b.Cap), string(p)))
				}
			}
			return out, nil
		}}
}
