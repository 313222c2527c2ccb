package web

// Services are what the routes of the API need of others, noun by noun. A noun
// that is left out has no routes.
type Services struct {
	Accounts Accounts
	Acts     Acts // needs People
	Audit    AuditLog
	Freezes  Freezes
	Breaker  Breaker
	Coverage Coverer
	Exports  ExportSource
	Import   Importer
	Keys     Keys
	People   People
	Policies Policies
	Reasons  Reasoner // needs People
	Rule     Rule     // needed with Accounts and Exports
	Resyncs  Resyncs
	Summary  Summarizer
	Webhooks *Webhooks

	Columns []PlatformMetric // of an export of influencers, beside what is known of a person
}

// mustHave panics when a noun lacks another that it needs: a program that is put
// together so would fail at the first request.
func (s Services) mustHave() {
	for _, need := range []struct {
		noun, other string
		lacks       bool
	}{
		{"Acts", "People", s.Acts != nil && s.People == nil},
		{"Reasons", "People", s.Reasons != nil && s.People == nil},
		{"Accounts", "Rule", s.Accounts != nil && s.Rule == nil},
		{"Exports", "Rule", s.Exports != nil && s.Rule == nil},
	} {
		if need.lacks {
			panic("web: the service " + need.noun + " needs " + need.other)
		}
	}
}

// register fills the table of routes: one line a noun.
func (a *api) register(s Services) {
	s.mustHave()
	if s.Summary != nil {
		a.summaryRoutes(s.Summary)
	}
	if s.Breaker != nil {
		a.breakerRoutes(s.Breaker, a.now)
	}
	if s.People != nil {
		a.peopleRoutes(s.People)
		a.decisionRoutes(s.People)
	}
	if s.Reasons != nil {
		a.reasonRoute(s.People, s.Reasons)
	}
	if s.Acts != nil {
		a.actRoutes(s.Acts, s.People)
	}
	if s.Freezes != nil {
		a.freezeRoutes(s.Freezes)
	}
	if s.Audit != nil {
		a.auditRoutes(s.Audit)
	}
	if s.Accounts != nil {
		a.accountRoutes(s.Accounts, s.Rule)
	}
	if s.Policies != nil {
		a.policyRoutes(s.Policies)
	}
	if s.Keys != nil {
		a.keyRoutes(s.Keys)
	}
	if s.Coverage != nil {
		a.coverageRoutes(s.Coverage)
	}
	if s.Exports != nil {
		a.exportRoutes(s.Exports, s.Rule, s.Columns)
	}
	if s.Resyncs.Orders != nil {
		a.resyncRoutes(s.Resyncs)
	}
	if s.Import != nil {
		a.importRoutes(s.Import)
	}
	if s.Webhooks != nil {
		a.webhookRoutes(s.Webhooks)
	}
}
