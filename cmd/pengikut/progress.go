package main

import (
	"github.com/schollz/progressbar/v3"
)

// bar shows how far a long act is: on a terminal a bar on the error stream,
// elsewhere nothing.
type bar struct{ p *progressbar.ProgressBar }

// newBar begins a bar of total steps; below 0 means that nobody knows.
func (a *app) newBar(total int64, what string, more ...progressbar.Option) *bar {
	if !isTerminal(a.err) || a.getenv("TERM") == "dumb" {
		return &bar{}
	}
	return &bar{progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(a.err),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionEnableColorCodes(a.colours(a.err)),
	}, more...)...)}
}

// at moves the bar to done of total steps.
func (b *bar) at(done, total int64) {
	if b.p == nil {
		return
	}
	if total > 0 && total != b.p.GetMax64() {
		b.p.ChangeMax64(total)
	}
	_ = b.p.Set64(done) // a bar that cannot be drawn is no reason to stop
}

// end clears the bar.
func (b *bar) end() {
	if b.p != nil {
		_ = b.p.Finish()
	}
}

// say changes what the bar says it does.
func (b *bar) say(what string) {
	if b.p != nil {
		b.p.Describe(what)
	}
}
