// Reads a static export of the log with Go's own transparency-log packages (golang.org/x/mod/sumdb/tlog and note),
// which know nothing of this project: note signature, tiles, entry bundles, root, and proofs the log itself gave out.
//
// check EXPORT VERIFIER-KEY PROOFS: exit 0 and one line when everything holds, exit 1 and the reason otherwise.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

type proofs struct {
	Inclusion []struct {
		Index  int64
		Size   int64
		Hashes [][]byte
	}
	Consistency []struct {
		First  int64
		Second int64
		Hashes [][]byte
	}
}

func main() {
	if len(os.Args) != 4 {
		fail("usage: check EXPORT VERIFIER-KEY PROOFS")
	}
	folder := os.Args[1]
	tree := checkpoint(folder, os.Args[2])
	reader := tlog.TileHashReader(tree, files{folder})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	if root != tree.Hash {
		fail("the tiles lead to another root")
	}
	withheld := entries(folder, tree.N, reader)
	own(tree, reader)
	given(os.Args[3], reader)
	fmt.Printf("%d entries, %d withheld\n", tree.N, withheld)
}

// checkpoint opens the note and reads its three lines.
func checkpoint(folder, key string) tlog.Tree {
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	must(err)
	verifier, err := note.NewVerifier(key)
	must(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("not a checkpoint of the key's log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	hash, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	if copy(tree.Hash[:], hash) != tlog.HashSize || len(hash) != tlog.HashSize {
		fail("a root of another length")
	}
	return tree
}

// files gives tiles at their C2SP tlog-tiles paths. TileHashReader checks them against the root before it uses them.
type files struct{ folder string }

func (f files) Height() int { return 8 }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(f.folder, path(strconv.Itoa(tile.L), tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func path(level string, number int64, w int) string {
	name := fmt.Sprintf("%03d", number%1000)
	for number >= 1000 {
		number /= 1000
		name = fmt.Sprintf("x%03d/%s", number%1000, name)
	}
	if w < width {
		name = fmt.Sprintf("%s.p/%d", name, w)
	}
	return "tile/" + level + "/" + name
}

// entries hashes every entry of every bundle and compares it with its leaf in the tree.
func entries(folder string, size int64, reader tlog.HashReader) int {
	withheld := 0
	for start := int64(0); start < size; start += width {
		w := int(size - start)
		if w > width {
			w = width
		}
		data, err := os.ReadFile(filepath.Join(folder, path("entries", start/width, w)))
		must(err)
		var indexes []int64
		for at := start; at < start+int64(w); at++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, at))
		}
		leaves, err := reader.ReadHashes(indexes)
		must(err)
		for at := 0; at < w; at++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				fail(fmt.Sprintf("bundle %d ends early", start/width))
			}
			entry := data[2 : 2+int(binary.BigEndian.Uint16(data))]
			data = data[2+len(entry):]
			if len(entry) == 0 {
				withheld++
			} else if tlog.RecordHash(entry) != leaves[at] {
				fail(fmt.Sprintf("entry %d does not have its leaf", start+int64(at)))
			}
		}
		if len(data) != 0 {
			fail(fmt.Sprintf("bundle %d has bytes left over", start/width))
		}
	}
	return withheld
}

// own lets Go prove from our tiles, and check what it proved.
func own(tree tlog.Tree, reader tlog.HashReader) {
	for at := int64(0); at < tree.N; at += 1 + tree.N/37 {
		proof, err := tlog.ProveRecord(tree.N, at, reader)
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, at, leaf(reader, at)))
		older, err := tlog.TreeHash(at+1, reader)
		must(err)
		growth, err := tlog.ProveTree(tree.N, at+1, reader)
		must(err)
		must(tlog.CheckTree(growth, tree.N, tree.Hash, at+1, older))
	}
}

// given checks the proofs that the log itself gave out.
func given(name string, reader tlog.HashReader) {
	data, err := os.ReadFile(name)
	must(err)
	var all proofs
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	must(decoder.Decode(&all))
	if len(all.Inclusion) == 0 || len(all.Consistency) == 0 {
		fail("no proofs were given")
	}
	for _, item := range all.Inclusion {
		root, err := tlog.TreeHash(item.Size, reader)
		must(err)
		must(tlog.CheckRecord(hashes(item.Hashes), item.Size, root, item.Index, leaf(reader, item.Index)))
	}
	for _, item := range all.Consistency {
		first, err := tlog.TreeHash(item.First, reader)
		must(err)
		second, err := tlog.TreeHash(item.Second, reader)
		must(err)
		must(tlog.CheckTree(hashes(item.Hashes), item.Second, second, item.First, first))
	}
}

func leaf(reader tlog.HashReader, at int64) tlog.Hash {
	found, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, at)})
	must(err)
	return found[0]
}

func hashes(all [][]byte) []tlog.Hash {
	found := make([]tlog.Hash, len(all))
	for at, item := range all {
		if copy(found[at][:], item) != len(item) || len(item) != tlog.HashSize {
			fail("a hash of another length")
		}
	}
	return found
}

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}
