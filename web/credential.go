package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pengikut/pengikut/influencer"
)

// signingBits is the size of an RSA key: what Open Badges asks for at least
// (www.imsglobal.org/spec/ob/v3p0, "JSON Web Token Proof Format": RS256).
const signingBits = 2048

// BadgeKey is a key that signs badges, in the forms that are kept.
type BadgeKey struct {
	KID     string
	Public  string            // a JSON Web Key
	Private influencer.Secret // PKCS #8, in base64
}

// NewBadgeKey makes a key. Its id is the thumbprint of the public part (RFC 7638).
func NewBadgeKey() (BadgeKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, signingBits)
	if err != nil {
		return BadgeKey{}, fmt.Errorf("make badge key: %w", err)
	}
	public := jose.JSONWebKey{Key: &private.PublicKey, Algorithm: string(jose.RS256), Use: "sig"}
	print, err := public.Thumbprint(crypto256)
	if err != nil {
		return BadgeKey{}, fmt.Errorf("make badge key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(print)
	shown, err := public.MarshalJSON()
	if err != nil {
		return BadgeKey{}, fmt.Errorf("make badge key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return BadgeKey{}, fmt.Errorf("make badge key: %w", err)
	}
	return BadgeKey{KID: public.KeyID, Public: string(shown), Private: influencer.Secret(base64.StdEncoding.EncodeToString(der))}, nil
}

// issuer writes credentials in the name of one institution.
type issuer struct {
	base string // the public address, without a slash at the end
	name string
}

func (i issuer) url(path string) string { return i.base + "/badge/" + path }

// The contexts of a credential: W3C's Verifiable Credentials 2.0 and 1EdTech's
// Open Badges 3.0 (www.imsglobal.org/spec/ob/v3p0).
const (
	credentialContext = "https://www.w3.org/ns/credentials/v2"
	badgeContext      = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
)

// object is a JSON object that is written once and read by others.
type object = map[string]any

// profile is who issues.
func (i issuer) profile() object {
	return object{"id": i.url("issuer"), "type": []string{"Profile"}, "name": i.name, "url": i.base}
}

// achievement is what is awarded.
func (i issuer) achievement() object {
	return object{
		"id": i.url("achievement"), "type": []string{"Achievement"}, "achievementType": "Badge",
		"name": badgeTitle(influencer.Indonesian), "inLanguage": "id", "creator": i.profile(),
		"description": badgeMeaning(influencer.Indonesian),
		"criteria":    object{"narrative": badgeCriteria(influencer.Indonesian)},
	}
}

// badge is the OpenBadgeCredential of an award. It says name, agency, since and
// where the status is to be asked for, and nothing else.
func (i issuer) badge(b influencer.Badge) object {
	id, page := i.url("credential/"+b.PublicID), i.url(b.PublicID)
	return object{
		"@context": []string{credentialContext, badgeContext},
		"id":       id, "type": []string{"VerifiableCredential", "OpenBadgeCredential"},
		"name": badgeTitle(influencer.Indonesian), "issuer": i.profile(),
		"validFrom": b.AwardedAt.UTC().Format(time.RFC3339),
		"credentialSubject": object{
			"id": page, "type": []string{"AchievementSubject"}, "achievement": i.achievement(),
			"identifier": []object{
				{"type": "IdentityObject", "identityType": "name", "hashed": false, "identityHash": b.Name},
				{"type": "IdentityObject", "identityType": "ext:agency", "hashed": false, "identityHash": b.Agency},
			},
		},
		"credentialStatus": []object{i.status(influencer.PurposeRevocation, b.AwardID), i.status(influencer.PurposeSuspension, b.AwardID)},
		"iss":              i.url("issuer"), "jti": id, "sub": page, "nbf": b.AwardedAt.Unix(),
	}
}

// status is an award's entry in a status list
// (www.w3.org/TR/vc-bitstring-status-list, "BitstringStatusListEntry").
func (i issuer) status(p influencer.StatusPurpose, award int64) object {
	list := i.listURL(p, award/influencer.StatusListSize)
	index := fmt.Sprint(award % influencer.StatusListSize)
	return object{"id": list + "#" + index, "type": "BitstringStatusListEntry", "statusPurpose": p,
		"statusListIndex": index, "statusListCredential": list}
}

func (i issuer) listURL(p influencer.StatusPurpose, list int64) string {
	return i.url(fmt.Sprintf("status/%s/%d", p, list))
}

// statusList is the credential that holds a list of bits, the first on the left.
func (i issuer) statusList(p influencer.StatusPurpose, list int64, set []int64, at time.Time) (object, error) {
	bits := make([]byte, influencer.StatusListSize/8)
	for _, n := range set {
		bits[n/8] |= 0x80 >> (n % 8)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(bits); err != nil {
		return nil, fmt.Errorf("pack status list: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack status list: %w", err)
	}
	url := i.listURL(p, list)
	return object{
		"@context": []string{credentialContext},
		"id":       url, "type": []string{"VerifiableCredential", "BitstringStatusListCredential"},
		"issuer": i.url("issuer"), "validFrom": at.UTC().Format(time.RFC3339),
		"validUntil": at.Add(statusListAge).UTC().Format(time.RFC3339),
		"credentialSubject": object{"id": url + "#list", "type": "BitstringStatusList", "statusPurpose": p,
			"encodedList": "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes()), "ttl": statusListFresh.Milliseconds()},
		"iss": i.url("issuer"), "jti": url, "sub": url + "#list", "nbf": at.Unix(), "exp": at.Add(statusListAge).Unix(),
	}, nil
}

// sign makes a JSON Web Token of a credential.
func (i issuer) sign(k BadgeKey, credential object) (string, error) {
	private, err := privateKey(k)
	if err != nil {
		return "", err
	}
	options := new(jose.SignerOptions).WithType("JWT").WithHeader("kid", i.url("key/"+k.KID))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private}, options)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	payload, err := json.Marshal(credential)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed.CompactSerialize()
}

// privateKey reads the private part. Errors do not quote it.
func privateKey(k BadgeKey) (*rsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(k.Private.Reveal())
	if err != nil {
		return nil, errors.New("sign: the stored key is not base64")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("sign: the stored key cannot be read")
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("sign: the stored key is not RSA")
	}
	return private, nil
}
