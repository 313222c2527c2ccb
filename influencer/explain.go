package influencer

import "time"

// Explain tells in plain lines why a person is or is not an influencer: the
// status, each requirement with its value, line and the age of the evidence, the
// activity, and what would change it. v is Decide's verdict on e at now.
func Explain(p Policy, v Verdict, e Evidence, now time.Time) []Bilingual {
	id, en := explainer{Indonesian, p, v, e, now}.lines(), explainer{English, p, v, e, now}.lines()
	lines := make([]Bilingual, len(en))
	for i := range lines {
		lines[i] = Bilingual{Indonesian: id[i], English: en[i]}
	}
	return lines
}

type explainer struct {
	lang Lang
	p    Policy
	v    Verdict
	e    Evidence
	now  time.Time
}

// lines are as many in each language.
func (x explainer) lines() []string {
	lines := append([]string{x.status()}, x.marks()...)
	lines = append(lines, x.rule())
	for _, r := range x.v.Requirements {
		lines = append(lines, x.requirement(r))
	}
	lines = append(lines, x.activity())
	return append(lines, x.changes()...)
}

func (x explainer) say(t text, args ...any) string { return x.lang.say(t, args...) }

func (x explainer) status() string {
	s := x.e.Standing
	since, on := "", ""
	if !s.Since.IsZero() {
		since = x.say(text{" sejak %s", " since %s"}, x.lang.Date(s.Since))
		on = x.say(text{" pada %s", " on %s"}, x.lang.Date(s.Since))
	}
	before := x.lang.Status(s.Underlying())
	switch s.Status {
	case StatusActive:
		switch {
		case since == "":
			return x.say(text{"Berstatus influencer.", "Is an influencer."})
		case s.Reason == ReasonRecovered: // the status was never lost, so it did not begin then
			return x.say(text{"Berstatus influencer, dan kembali memenuhi syarat%s, dalam masa tenggang.",
				"Is an influencer, and qualified again%s, within the grace."}, on)
		}
		return x.say(text{"Berstatus influencer%s.", "Has been an influencer%s."}, since)
	case StatusGrace:
		return x.say(text{"Masih berstatus influencer, dalam masa tenggang%s; masa tenggang berakhir %s.",
			"Is still an influencer, and has been in grace%s; the grace ends %s."}, since, x.lang.DateTime(s.graceStart().Add(x.p.Grace)))
	case StatusPending:
		return x.say(text{"Belum berstatus influencer: memenuhi syarat%s, dan menunggu persetujuan.",
			"Is not an influencer yet: qualified%s, and waits for approval."}, on)
	case StatusSuspended:
		return x.say(text{"Ditangguhkan oleh admin%s%s. Sebelum itu aturan tidak mengubah apa pun; status sebelumnya: %s.",
			"Was suspended by an admin%s%s. The rule moves nothing until then; before: %s."}, on, x.until(), before)
	case StatusBlocked:
		return x.say(text{"Diblokir oleh admin%s. Aturan tidak mengubah apa pun; status sebelumnya: %s.",
			"Was blocked by an admin%s. The rule moves nothing; before: %s."}, on, before)
	case StatusRevoked:
		return x.say(text{"Bukan influencer: status dicabut%s.", "Is not an influencer: the status was revoked%s."}, on)
	default:
		return x.say(text{"Bukan influencer.", "Is not an influencer."})
	}
}

// marks are what keeps the rule from moving the status but is no status itself.
func (x explainer) marks() []string {
	var lines []string
	if s := x.e.Standing; s.Left != "" {
		lines = append(lines, x.say(text{"Tercatat tidak lagi bertugas (%s) pada %s. Aturan tidak mengubah apa pun, dan akunnya tidak dibaca.",
			"Has left the service (%s) on %s. The rule moves nothing, and the accounts are not read."},
			x.lang.Leaving(s.Left), x.lang.Date(s.LeftAt)))
	}
	if x.e.frozen(x.now) {
		lines = append(lines, x.say(text{"Pemberian status baru dibekukan sampai %s; yang sudah berstatus tidak terpengaruh.",
			"New grants are frozen until %s; people who hold the status are not concerned."}, x.lang.DateTime(x.e.FrozenUntil)))
	}
	return lines
}

func (x explainer) until() string {
	if x.e.Standing.Until.IsZero() {
		return x.say(text{", sampai dipulihkan oleh admin", ", until an admin reinstates"})
	}
	return x.say(text{", sampai %s", ", until %s"}, x.lang.DateTime(x.e.Standing.Until))
}

func (x explainer) rule() string {
	verdict := x.lang.say(map[Answer]text{
		Yes:     {"memenuhi syarat", "qualifies"},
		No:      {"belum memenuhi syarat", "does not qualify"},
		Unknown: {"belum dapat dipastikan, sehingga tidak ada yang berubah", "cannot be told now, so nothing moves"},
	}[x.v.Qualifies])
	return x.say(text{"Menurut kebijakan versi %d (%s, dan unggahan dalam %s terakhir): %s.", "By policy version %d (%s, and a post within %s): %s."},
		x.p.Version, x.needed(), x.lang.Duration(x.p.Activity.Within), verdict)
}

func (x explainer) needed() string {
	n := len(x.p.Requirements)
	return x.say(text{"%d dari %d syarat", "%d of %d " + plural(int64(n), "requirement")}, x.p.Match.Needed(n), n)
}

func (x explainer) requirement(r RequirementResult) string {
	needs := x.lang.Count(r.Line, r.Metric)
	if r.Line != r.AtLeast {
		needs += x.say(text{" untuk mempertahankan status", " to keep the status"})
	}
	text := r.Platform.Title() + ": " + x.fared(r, needs) + "."
	for _, a := range r.Accounts {
		text += " " + x.account(a) + "."
	}
	return text
}

// fared tells how a requirement that needs so much fares.
func (x explainer) fared(r RequirementResult, needs string) string {
	switch r.Why {
	case WhyAbove:
		return x.say(text{"terpenuhi, %s, ambang batas %s", "met, %s, threshold %s"}, x.lang.Number(*r.Best), needs)
	case WhyBelow:
		return x.say(text{"belum terpenuhi, %s, ambang batas %s", "not met, %s, threshold %s"}, x.lang.Number(*r.Best), needs)
	case WhyUnconfirmed:
		return x.say(text{"di bawah ambang batas tetapi belum dikonfirmasi, %s, ambang batas %s", "below but not yet confirmed, %s, threshold %s"},
			x.lang.Number(*r.Best), needs)
	case WhyNoAccount:
		return x.say(text{"belum terpenuhi, tidak ada akun untuk menunjukkan %s", "not met, no account to show %s"}, needs)
	case WhyGone:
		return x.say(text{"belum terpenuhi, akunnya tidak ada atau ditangguhkan, sehingga tidak dapat menunjukkan %s",
			"not met, the account is gone or suspended and cannot show %s"}, needs)
	default:
		return x.say(text{"belum diketahui apakah mencapai %s", "unknown whether it has %s"}, needs)
	}
}

// account tells what one account contributes.
func (x explainer) account(a AccountResult) string {
	evidence := x.e.account(a.AccountID)
	said := "@" + evidence.Handle
	if evidence.Handle == "" {
		said = x.say(text{"Akun %d", "Account %d"}, a.AccountID)
	}
	if s := evidence.State; s != StateOK && s != "" {
		said += " (" + x.lang.State(s) + ")"
	}
	if a.Value == nil {
		return said + x.say(text{": belum ada pembacaan yang baik", ": no good reading yet"})
	}
	said += x.say(text{": %s, terbaca %s", ": %s, seen %s"}, x.lang.Number(*a.Value), x.ago(a.SeenAt))
	switch a.Why {
	case WhyStale:
		said += x.say(text{", terlalu lama untuk membuktikan apa pun", ", too old to prove anything"})
	case WhyFuture:
		said += x.say(text{", yang tidak membuktikan apa pun", ", which proves nothing"})
	case WhyUnconfirmed:
		said += x.say(text{", di bawah ambang batas pada %d dari %d pembacaan", ", below the line in %d of %d reads"}, a.Confirmed, x.p.Confirm)
	}
	if len(evidence.Readings) > 0 && evidence.Readings[0].Suspect {
		said += x.say(text{"; penurunan tajam sesudahnya menunggu pembacaan berikutnya", "; a steep drop since then waits for another reading"})
	}
	return said
}

func (x explainer) ago(t time.Time) string {
	age := x.now.Sub(t)
	if age < -Skew {
		return x.say(text{"di masa depan", "in the future"})
	}
	if age < time.Minute {
		return x.say(text{"baru saja", "just now"})
	}
	if age >= day {
		age = age.Truncate(day)
	}
	return x.say(text{"%s yang lalu", "%s ago"}, x.lang.Duration(age.Truncate(time.Minute)))
}

func (x explainer) activity() string {
	newest, on := x.e.newestPost(x.now)
	said := x.lang.say(activityTexts[x.v.Activity])
	if newest.IsZero() {
		return x.say(text{"Keaktifan: %s, unggahan tidak diketahui.", "Activity: %s, no post is known."}, said)
	}
	return x.say(text{"Keaktifan: %s, unggahan terbaru yang diketahui %s di %s.", "Activity: %s, newest known post %s on %s."},
		said, x.ago(newest), on.Platform.Title())
}
