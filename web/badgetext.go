package web

import "github.com/pengikut/pengikut/influencer"

// badgeWords are the words of the public page.
type badgeWords struct {
	Lang, Title, Meaning, Criteria, Name, Agency, Since, State, Other, OtherLang string
	Check, Credential, Issuer, Unknown, UnknownHint, Issued                      string
}

var badgeTexts = map[influencer.Lang]badgeWords{
	influencer.Indonesian: {
		Lang: "id", Title: "Lencana influencer pemerintah",
		Meaning:  "Pegawai ASN ini ditetapkan sebagai influencer pemerintah.",
		Criteria: "Aktif di media sosial dan jumlah pengikut atau teman mencapai ambang batas kebijakan yang berlaku.",
		Name:     "Nama", Agency: "Instansi", Since: "Sejak", State: "Status",
		Other: "English", OtherLang: "en",
		Check:      "Gambar lencana dapat disalin. Yang menjadi acuan adalah halaman ini di alamat penerbit, serta kredensial yang ditandatangani secara digital di bawah ini.",
		Credential: "Kredensial Open Badges 3.0 (ditandatangani secara digital)", Issuer: "Penerbit", Issued: "Diterbitkan oleh",
		Unknown: "Lencana tidak ditemukan", UnknownHint: "Alamat ini tidak dikenal. Mintalah tautan yang baru kepada pemilik lencana.",
	},
	influencer.English: {
		Lang: "en", Title: "Government influencer badge",
		Meaning:  "This civil servant is a government influencer.",
		Criteria: "Active on social media, with as many followers or friends as the policy in force asks for.",
		Name:     "Name", Agency: "Agency", Since: "Since", State: "Status",
		Other: "Bahasa Indonesia", OtherLang: "id",
		Check:      "A picture of a badge can be copied. What counts is this page at the issuer's address, and the signed credential below.",
		Credential: "Open Badges 3.0 credential (signed)", Issuer: "Issuer", Issued: "Issued by",
		Unknown: "Badge not found", UnknownHint: "This address is not known. Ask the badge's owner for a new link.",
	},
}

func badgeTitle(l influencer.Lang) string    { return badgeTexts[l].Title }
func badgeMeaning(l influencer.Lang) string  { return badgeTexts[l].Meaning }
func badgeCriteria(l influencer.Lang) string { return badgeTexts[l].Criteria }

// badgeState is a state in words, with the sign that stands beside it: no state is
// told by its colour alone.
func badgeState(l influencer.Lang, s influencer.BadgeState) (sign, words string) {
	id := l == influencer.Indonesian
	switch s {
	case influencer.BadgeValid:
		return "✓", pick(id, "Berlaku", "Valid")
	case influencer.BadgeSuspended:
		return "‖", pick(id, "Ditangguhkan", "Suspended")
	default:
		return "✕", pick(id, "Tidak berlaku", "Not valid")
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
