package simulator

// Given names; those at even places are men's, at odd places women's, so that
// a name agrees with the digit for the sex in its NIP.
var givenNames = [...]string{
	"Agus", "Siti", "Budi", "Dewi", "Eko", "Rina", "Joko", "Sri", "Hendra", "Ayu",
	"Bambang", "Ratna", "Dedi", "Indah", "Rudi", "Lestari", "Andi", "Wulan", "Yusuf", "Nur",
	"Ahmad", "Fitri", "Muhammad", "Maya", "Slamet", "Endang", "Wahyu", "Kartika", "Arief", "Yuni",
	"Teguh", "Sari", "Made", "Ketut", "Wayan", "Putri", "Nyoman", "Kadek", "Fajar", "Intan",
	"Rizky", "Nadia", "Dimas", "Anisa", "Galih", "Melati", "Iwan", "Rahma", "Hasan", "Khadijah",
	"Yohanes", "Maria", "Petrus", "Yuliana", "Simon", "Debora", "Irfan", "Laila", "Surya", "Citra",
}

// Further names. The first is empty: a good many Indonesians have one name.
var furtherNames = [...]string{
	"", "Santoso", "Rahayu", "Wijaya", "Lestari", "Saputra", "Utami", "Hidayat", "Kusuma", "Pratama",
	"Nasution", "Siregar", "Simanjuntak", "Harahap", "Lubis", "Sitompul", "Tanjung", "Batubara", "Ginting", "Sembiring",
	"Setiawan", "Nugroho", "Purnomo", "Suryadi", "Gunawan", "Hartono", "Susanto", "Wibowo", "Firmansyah", "Kurniawan",
	"Maulana", "Ramadhan", "Hakim", "Syahputra", "Iskandar", "Permana", "Mahendra", "Wardana", "Sudarsono", "Mulyono",
	"Manurung", "Situmorang", "Tarigan", "Pangaribuan", "Rumbiak", "Wenda", "Tuhumury", "Lumban Tobing", "Mokoginta", "Paputungan",
	"Anggraini", "Safitri", "Puspita", "Maharani", "Handayani", "Wulandari", "Oktaviani", "Damayanti", "Kusumawati", "Febrianti",
}

// Name returns a person's full name.
func (p *Population) Name(index int) string {
	further := furtherNames[unit16(p.hash(saltName, index), 1)%len(furtherNames)]
	if further == "" {
		return p.givenName(index)
	}
	return p.givenName(index) + " " + further
}

func (p *Population) givenName(index int) string {
	return givenNames[unit16(p.hash(saltName, index), 0)%len(givenNames)]
}

// woman tells the sex that goes with the given name.
func (p *Population) woman(index int) bool {
	return unit16(p.hash(saltName, index), 0)%len(givenNames)%2 == 1
}

func unit16(h uint64, part uint) int { return int(h >> (16 * part) & 0xffff) }

// stem returns the given name in small letters, cut to the seven that a
// handle has room for.
func (p *Population) stem(index int) string {
	return stems[unit16(p.hash(saltName, index), 0)%len(stems)]
}

var stems = makeStems()

func makeStems() (out [len(givenNames)]string) {
	for i, name := range givenNames {
		b := []byte(name[:min(len(name), 7)])
		b[0] += 'a' - 'A'
		out[i] = string(b)
	}
	return out
}

// The agencies are real institutions of the central government and a few
// regional ones, as they were called in 2025. The people in them are invented.
var agencies = [...]string{
	"Kementerian Komunikasi dan Digital",
	"Kementerian Keuangan",
	"Kementerian Agama",
	"Kementerian Kesehatan",
	"Kementerian Dalam Negeri",
	"Kementerian Luar Negeri",
	"Kementerian Pertahanan",
	"Kementerian Hukum",
	"Kementerian Hak Asasi Manusia",
	"Kementerian Imigrasi dan Pemasyarakatan",
	"Kementerian Pendidikan Dasar dan Menengah",
	"Kementerian Pendidikan Tinggi, Sains, dan Teknologi",
	"Kementerian Kebudayaan",
	"Kementerian Sosial",
	"Kementerian Ketenagakerjaan",
	"Kementerian Pelindungan Pekerja Migran Indonesia",
	"Kementerian Perindustrian",
	"Kementerian Perdagangan",
	"Kementerian Energi dan Sumber Daya Mineral",
	"Kementerian Pekerjaan Umum",
	"Kementerian Perumahan dan Kawasan Permukiman",
	"Kementerian Desa dan Pembangunan Daerah Tertinggal",
	"Kementerian Transmigrasi",
	"Kementerian Perhubungan",
	"Kementerian Pertanian",
	"Kementerian Kehutanan",
	"Kementerian Kelautan dan Perikanan",
	"Kementerian Agraria dan Tata Ruang/Badan Pertanahan Nasional",
	"Kementerian Pendayagunaan Aparatur Negara dan Reformasi Birokrasi",
	"Kementerian Kependudukan dan Pembangunan Keluarga/BKKBN",
	"Kementerian Koperasi",
	"Kementerian Usaha Mikro, Kecil, dan Menengah",
	"Kementerian Pariwisata",
	"Kementerian Ekonomi Kreatif",
	"Kementerian Pemuda dan Olahraga",
	"Badan Kepegawaian Negara",
	"Badan Pusat Statistik",
	"Badan Meteorologi, Klimatologi, dan Geofisika",
	"Pemerintah Provinsi Jawa Barat",
	"Pemerintah Kota Bogor",
}

var units = [...]string{
	"Biro Hubungan Masyarakat", "Sekretariat Jenderal", "Inspektorat Jenderal", "Pusat Data dan Informasi",
	"Biro Sumber Daya Manusia dan Organisasi", "Biro Keuangan", "Biro Hukum", "Biro Perencanaan",
	"Pusat Pendidikan dan Pelatihan", "Direktorat Layanan Publik", "Balai Pelatihan", "Kantor Wilayah",
}
