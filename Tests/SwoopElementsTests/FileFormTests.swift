// What a file is, by its first bytes; what a terminal would obey, spelled out.

import SwoopElements
import Testing

@Suite struct FileFormTests {
    private func what(
        _ head: [UInt8], tail: [UInt8]? = nil, byteCount: Int? = nil, path: String = "file",
        _ reading: _FileReading = .lines
    ) -> String? {
        FileForm.of(
            head: head, tail: tail ?? head.suffix(8), byteCount: byteCount ?? head.count,
            path: path, for: reading)?.what
    }

    @Test func `files that are no text are told by their first bytes`() {
        let rest = [UInt8](repeating: 7, count: 40)
        #expect(what([0x1f, 0x8b, 0x08] + rest) == "compressed with gzip")
        #expect(what([0x28, 0xb5, 0x2f, 0xfd] + rest) == "compressed with zstd")
        #expect(what([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] + rest) == "compressed with xz")
        #expect(
            what(Array("BZh9".utf8) + [0x31, 0x41, 0x59, 0x26, 0x53, 0x59] + rest)
                == "compressed with bzip2")
        #expect(what([0x04, 0x22, 0x4d, 0x18] + rest) == "compressed with lz4")
        #expect(
            what([0x02, 0x21, 0x4c, 0x18] + rest) == "compressed with lz4 (legacy frames)")
        #expect(what(Array("LZIP".utf8) + [1, 12] + rest) == "compressed with lzip")
        #expect(
            what([0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a] + rest)
                == "compressed with lzop")
        // The format before xz: a size that is unknown, and one of 6 bytes.
        let unknown = [UInt8](repeating: 0xff, count: 8)
        #expect(what([0x5d, 0, 0, 0x80, 0] + unknown + [0] + rest) == "compressed with lzma")
        #expect(
            what([0x5d, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0] + rest) == "compressed with lzma")
        // Frames that decoders skip stand before the first one that counts.
        let skipped: [UInt8] = [0x5c, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]
        #expect(what(skipped + [0x28, 0xb5, 0x2f, 0xfd] + rest) == "compressed with zstd")
        #expect(
            what(skipped + skipped + [0x04, 0x22, 0x4d, 0x18] + rest) == "compressed with lz4")
        #expect(what([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0x7f]) == "compressed with zstd")
        #expect(what([0x50, 0x4b, 3, 4] + rest) == "a zip archive, as spreadsheets are")
        #expect(what(Array("SQLite format 3\0".utf8) + rest) == "an SQLite database")
        #expect(
            what(Array("PAR1".utf8) + rest + [1, 2, 0, 0] + Array("PAR1".utf8))
                == "a Parquet file")
        #expect(what(Array("ORC".utf8) + rest) == "an ORC file")
        let objects = Array("1 0 obj\n<< >>\n".utf8)
        let letters: [UInt8] = [0x25, 0xe2, 0xe3, 0xcf, 0xd3, 0x0a]
        #expect(what(Array("%PDF-1.7\n".utf8) + letters + objects) == "a PDF document")
        #expect(what(Array("%PDF-2.0\r\n".utf8) + objects) == "a PDF document")
        #expect(
            what(Array("%PDF-1.4\n".utf8) + rest + Array("%%EOF\n".utf8)) == "a PDF document")
        #expect(what([0x7f, 0x45, 0x4c, 0x46] + rest) == "an executable (ELF)")
        var tar = [UInt8](repeating: 0, count: 512)
        tar.replaceSubrange(0..<4, with: Array("name".utf8))
        tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
        #expect(what(tar) == "a tar archive")
    }

    @Test func `texts that begin like such a file are texts`() {
        for text in [
            "PAR1,a\n1,PAR1", "ORCHID,rose\n1,2\n", "BZh9 is a word\n", "Obj,b\n", "PK\n",
            "SQLite format 3\n", "a%PDF-\n", "12345678DUCK\n", "\u{feff}é\n",
            String(repeating: "x", count: 257) + "ustar\n", "\0\n", "a\0\nb\0\n", "",
            "%PDF-1.7 is what such files begin with\n", "%PDF-\n", "%PDF-1.7\n% größte\n",
            "%PDF-x.y\n1 0 obj\n", "LZIP,1\n", "]\n", "]\0\0a\n", "P*M\n", "\0", "a\0",
        ] { #expect(what(Array(text.utf8)) == nil, "\(text)") }
    }

    @Test func `texts of other encodings are told by their mark, and without one by their zeros`() {
        let text = "name,number\nGröße,1\n"
        let little = text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        #expect(what([0xff, 0xfe] + little) == "text in UTF-16")
        #expect(what([0xfe, 0xff] + big) == "text in UTF-16")
        #expect(what(little) == "text in UTF-16LE")
        #expect(what(big) == "text in UTF-16BE")
        // Zeros may be what pieces are separated by: there the mark alone tells.
        #expect(what(little, .pieces) == nil)
        #expect(what([0xff, 0xfe] + little, .pieces) == "text in UTF-16")
        let wide: [UInt8] = text.unicodeScalars.flatMap { [UInt8($0.value), 0, 0, 0] as [UInt8] }
        #expect(what(wide) == "text in UTF-32LE")
        #expect(what([0xff, 0xfe, 0, 0] + wide) == "text in UTF-32")
        // A text that was cut off within a letter.
        #expect(what([0xff, 0xfe, 0x0a]) == "text in UTF-16")
        #expect(what([0xfe, 0xff] + big.dropLast()) == "text in UTF-16")
    }

    @Test func `texts of letters beyond ASCII in 16 bits are told without a mark`() {
        for text in [
            "Привет, мир\nи ещё\n", "你好 世界，再见\n", "Ωmega\nκαι άλφα\n", "😀😀 一二三四五\r\n",
            String(repeating: "строка без конца ", count: 300),
        ] {
            let little = text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
            let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            #expect(what(little) == "text in UTF-16LE", "\(text)")
            #expect(what(big) == "text in UTF-16BE", "\(text)")
            #expect(what(Array(text.utf8)) == nil, "\(text)")
            #expect(what(little, .pieces) == nil && what(little, .records) == nil)
        }
        // Bytes of one letter each, and zeros here and there.
        for bytes: [UInt8] in [
            [0xe9, 0x0a, 0xe8, 0x0a, 0xe7, 0, 0xe6, 0x0a],
            Array("a\0b\0é\n\0\n".utf8),
        ] { #expect(what(bytes) == nil, "\(bytes)") }
    }

    @Test func `pieces that end in zeros are told, where lines are read`() {
        let pieces = "text in pieces that end in zero bytes"
        #expect(what(Array("one\0two words\0".utf8)) == pieces)
        #expect(what(Array("größe\0\0ж\0".utf8)) == pieces)
        #expect(what(Array("one\0two\0".utf8), .pieces) == nil)
        #expect(what(Array("one\0two\n".utf8)) == nil)
        #expect(what([1, 0, 2, 0, 0, 0, 3, 4, 5]) == nil)
        #expect(what([UInt8](repeating: 0, count: 4_096)) == nil)
    }

    @Test func `lines that end in carriage returns alone are told, where lines are read`() {
        let old = "text whose lines end in carriage returns alone"
        #expect(what(Array("a,b\r1,2\r".utf8)) == old)
        #expect(what(Array("a,b\r1,2\r".utf8), .pieces) == nil)
        #expect(what(Array("a,b\r\n1,2\r\n".utf8)) == nil)
        #expect(what(Array("one line\r".utf8)) == nil)
        #expect(what(Array("one line".utf8)) == nil)
        #expect(what([0xff, 0xd9, 0x0d, 0x80, 0x81]) == nil)
    }

    @Test func `records may be any bytes, unless the name says something else`() {
        let gzip: [UInt8] = [0x1f, 0x8b, 0x08, 0, 1, 2, 3, 4]
        #expect(what(gzip, path: "ticks.bin", .records) == nil)
        #expect(what(gzip, path: "ticks.bin.gz", .records) == "compressed with gzip")
        #expect(what([0xff, 0xfe, 0, 0], .records) == nil)
    }

    @Test func `the advice names the file as a shell takes it`() {
        let form = FileForm.of(
            head: [0x1f, 0x8b, 0x08], tail: [], byteCount: 3, path: "it's 1.gz", for: .lines)
        #expect(form?.advice == "Decompress it first: `gzip -dk 'it'\\''s 1.gz'`.")
        // To Swift the quote and the accent are one character; to a shell they are not.
        let accented = FileForm.of(
            head: [0x1f, 0x8b, 0x08], tail: [], byteCount: 3, path: "'\u{301};x.gz", for: .lines)
        #expect(
            accented.map { Array($0.advice.utf8) }
                == Array("Decompress it first: `gzip -dk ''\\''\u{301};x.gz'`.".utf8))
        let old = FileForm.of(
            head: Array("a\rb".utf8), tail: [], byteCount: 3, path: "a/b.csv", for: .lines)
        #expect(
            old?.advice.hasPrefix("End them in line feeds: `tr '\\r' '\\n' < a/b.csv >") == true)
    }

    @Test func `what a terminal would obey is spelled out`() {
        #expect("plain é 字"._printable == "plain é 字")
        #expect("\u{1b}[2J\r\n\t\0\u{7f}\u{9b}"._printable == #"\u{1b}[2J\r\n\t\0\u{7f}\u{9b}"#)
        #expect("a\u{202e}b"._printable == #"a\u{202e}b"#)
    }
}
