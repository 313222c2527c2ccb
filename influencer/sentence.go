package influencer

import "fmt"

// Sentence tells a person in one sentence what a decision did and why, from the
// decision's own evidence and the policy version it was made under, with the
// decree and the legal basis of an act that has them. It names no NIP and no
// admin, and repeats no note.
func Sentence(lang Lang, d Decision, p Policy) string {
	return sentence(lang, d, p, Decide(p, d.Evidence, d.At))
}

// Sentences is [Sentence] in both languages.
func Sentences(d Decision, p Policy) Bilingual {
	v := Decide(p, d.Evidence, d.At)
	return bilingual(func(lang Lang) string { return sentence(lang, d, p, v) })
}

// sentence is Sentence, v being the rule's verdict on the evidence then.
func sentence(lang Lang, d Decision, p Policy, v Verdict) string {
	event := Move{From: d.From, To: d.To, Reason: d.Reason}.Event()
	texts, found := eventTexts[event]
	switch {
	case !found:
		texts = text{"Status berubah pada %s%s.", "The status changed on %s%s."}
	case event == EventRevoked && d.Reason == ReasonLeft:
		texts = text{"Status influencer berakhir pada %s%s.", "Influencer status ended on %s%s."}
	}
	tail := cause(lang, d, p, v) + ordered(lang, d.Evidence.Act)
	was := d.Evidence.Standing
	switch {
	case event == EventGraceStarted || d.To == StatusGrace && event == "":
		started := was.After(Move{From: d.From, To: d.To}, p, d.At).GraceSince
		tail += lang.say(text{", dan berakhir pada ", ", and ends on "}) + lang.Date(started.Add(p.Grace))
	case event == EventGranted && !was.FirstGrantedAt.IsZero():
		tail += lang.say(text{"; pertama kali diberikan pada %s", "; it was first granted on %s"}, lang.Date(was.FirstGrantedAt))
	case event == EventRevoked && d.Reason != ReasonLeft && was.Underlying() == StatusGrace:
		tail += lang.say(text{", setelah masa tenggang sejak %s", ", after a grace period since %s"}, lang.Date(was.graceStart()))
	}
	return lang.say(texts, lang.Date(d.At), tail)
}

// text is one phrase in both languages.
type text struct{ id, en string }

// say is the phrase in the language, filled with args where there are any.
func (l Lang) say(t text, args ...any) string {
	said := t.en
	if l == Indonesian {
		said = t.id
	}
	if len(args) == 0 {
		return said
	}
	return fmt.Sprintf(said, args...)
}

// eventTexts take the date and the cause. A loss is said plainly, and of a leaving
// only that it was noted then: when the person left is not known here.
var eventTexts = map[Event]text{
	EventGranted:          {"Status influencer diberikan pada %s%s.", "Influencer status was granted on %s%s."},
	EventAwaitingApproval: {"Memenuhi syarat dan menunggu persetujuan sejak %s%s.", "Has qualified and been waiting for approval since %s%s."},
	EventWithdrawn:        {"Tidak lagi memenuhi syarat sejak %s%s.", "No longer qualifies as of %s%s."},
	EventGraceStarted:     {"Masa tenggang dimulai pada %s%s.", "The grace period began on %s%s."},
	EventRecovered:        {"Kembali memenuhi syarat pada %s%s.", "Has qualified again since %s%s."},
	EventRevoked:          {"Status influencer dicabut pada %s%s.", "Influencer status was revoked on %s%s."},
	EventSuspended:        {"Status ditangguhkan oleh admin pada %s%s.", "An admin suspended the status on %s%s."},
	EventSuspensionEnded:  {"Penangguhan berakhir pada %s%s.", "The suspension ended on %s%s."},
	EventReinstated:       {"Penangguhan dicabut oleh admin pada %s%s.", "An admin ended the suspension on %s%s."},
	EventBlocked:          {"Status diblokir oleh admin pada %s%s.", "An admin blocked the status on %s%s."},
	EventUnblocked:        {"Pemblokiran dicabut oleh admin pada %s%s.", "An admin ended the block on %s%s."},
	EventUnapproved:       {"Persetujuan ditarik oleh admin pada %s%s, dan status kembali menunggu persetujuan.", "An admin took the approval back on %s%s, and the status waits for approval again."},
	EventLeft:             {"Tercatat tidak lagi bertugas di instansi yang terdaftar pada %s%s.", "Recorded as no longer in the service on %s%s."},
	EventRejoined:         {"Tercatat kembali bertugas di instansi yang terdaftar pada %s%s.", "Recorded as in the service again on %s%s."},
}

// leavingTexts follow "because".
var leavingTexts = map[Leaving]text{
	LeftRetired:   {"pensiun", "the person retired"},
	LeftMoved:     {"pindah ke instansi yang tidak terdaftar", "the person moved to an employer that is not registered"},
	LeftDeceased:  {"meninggal dunia", "the person died"},
	LeftDismissed: {"diberhentikan", "the person was dismissed"},
	LeftEnded:     {"masa kerja berakhir", "the term of service ended"},
}

// ordered tells the terms of an admin's act: its end, and what it rests on.
func ordered(lang Lang, a *Action) string {
	var said string
	if a == nil {
		return said
	}
	if !a.Until.IsZero() {
		said += lang.say(text{", sampai ", ", until "}) + lang.DateTime(a.Until)
	}
	if a.Decree != "" {
		said += lang.say(text{", berdasarkan keputusan nomor ", ", by decree "}) + a.Decree
	}
	if a.Basis != "" {
		said += lang.say(text{", dasar hukum ", ", on the legal basis of "}) + a.Basis
	}
	return said
}

// cause is the part that begins with "because", "" where an admin's word or a
// date was the cause.
func cause(lang Lang, d Decision, p Policy, v Verdict) string {
	because := lang.say(text{" karena ", " because "})
	var causes []string
	switch d.Reason {
	case ReasonQualifies, ReasonReturned, ReasonRecovered, ReasonAwaitsApproval:
		causes = reached(lang, v)
	case ReasonApproved:
		causes = []string{lang.say(text{"disetujui oleh admin", "an admin approved it"})}
	case ReasonBelowLine:
		causes = missed(lang, v)
	case ReasonLeft:
		if act := d.Evidence.Act; act != nil && leavingTexts[act.Why] != (text{}) {
			causes = []string{lang.say(leavingTexts[act.Why])}
		}
	case ReasonInactive:
		causes = []string{lang.say(text{"tidak ada unggahan dalam %s terakhir", "nothing was posted in %s"}, lang.Duration(p.Activity.Within))}
	}
	if len(causes) == 0 {
		return ""
	}
	return because + lang.List(causes)
}

func reached(lang Lang, v Verdict) []string {
	var causes []string
	for _, r := range v.Requirements {
		if r.Answer == Yes {
			causes = append(causes, lang.say(text{"%s mencapai %s (ambang batas %s)", "%s has %s (threshold %s)"},
				r.Platform.Title(), lang.Count(*r.Best, r.Metric), lang.Number(r.Line)))
		}
	}
	return causes
}

func missed(lang Lang, v Verdict) []string {
	var causes []string
	for _, r := range v.Requirements {
		title := r.Platform.Title()
		switch {
		case r.Answer != No:
		case r.Why == WhyNoAccount:
			causes = append(causes, lang.say(text{"tidak ada akun ", "there is no account on "})+title)
		case r.Why == WhyGone:
			causes = append(causes, lang.say(text{"akun %s sudah lama tidak ada atau ditangguhkan", "the account on %s has long been gone or suspended"}, title))
		case r.Best != nil:
			causes = append(causes, lang.say(text{"%s hanya mencapai %s (ambang batas %s)", "%s has only %s (threshold %s)"},
				title, lang.Count(*r.Best, r.Metric), lang.Number(r.Line)))
		}
	}
	return causes
}
