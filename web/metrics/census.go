package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	people     = gauge("pengikut_people", "People, by status.", "status")
	accounts   = gauge("pengikut_accounts", "Accounts registered, by state.", "platform", "state")
	inTime     = gauge("pengikut_accounts_read_in_time", "Of pengikut_accounts, those read within pengikut_read_interval_seconds.", "platform", "state")
	proving    = gauge("pengikut_accounts_proving", "Of pengikut_accounts, those read within the policy's evidence_max_age.", "platform", "state")
	oldestRead = gauge("pengikut_accounts_oldest_read_timestamp_seconds", "The oldest of the accounts' newest reads; those never read are not among them.", "platform", "state")
	tokens     = gauge("pengikut_tokens", "Stored tokens, by owner (institution or person) and state.", "platform", "owner", "state")
	tokenEnd   = gauge("pengikut_tokens_first_end_timestamp_seconds", "When the first of the tokens that are ok ends, as far as it is known.", "platform", "owner")
	counted    = gauge("pengikut_census_timestamp_seconds", "When people, accounts and tokens were last counted.")
)

// census counts people, accounts and tokens. It is the one that looks at every
// account, and so is asked seldom.
func census(from Census) *probe {
	return &probe{name: "census", numbers: []number{people, accounts, inTime, proving, oldestRead, tokens, tokenEnd, counted},
		every: slow, timeout: slowTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			c, err := from.Census(ctx)
			out := []prometheus.Metric{counted.of(unix(c.At))}
			for status, n := range c.People {
				out = append(out, people.of(float64(n), string(status)))
			}
			for _, a := range c.Accounts {
				platform, state := string(a.Platform), string(a.State)
				out = append(out, accounts.of(float64(a.Registered), platform, state),
					inTime.of(float64(a.InTime), platform, state), proving.of(float64(a.Proving), platform, state))
				if !a.Oldest.IsZero() {
					out = append(out, oldestRead.of(unix(a.Oldest), platform, state))
				}
			}
			for _, t := range c.Tokens {
				owner := "person"
				if t.Own {
					owner = "institution"
				}
				out = append(out, tokens.of(float64(t.Count), string(t.Platform), owner, t.State))
				if !t.FirstEnd.IsZero() {
					out = append(out, tokenEnd.of(unix(t.FirstEnd), string(t.Platform), owner))
				}
			}
			return out, err
		}}
}
