// What is shown of texts that others made.

import SwoopModel
import Testing

@Suite struct PrintableTextTests {
    @Test func `what could change a terminal is replaced, all of it`() {
        for value in Array(UInt32(0)...0x1f) + Array(0x7f...0x9f) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "a\(scalar)b"
            #expect(PrintableText.line(text) == "a?b", "\(value)")
            #expect(PrintableText.printedLine(text) == (value == 9 ? text : "a?b"), "\(value)")
            #expect(PrintableText.lines(text) == (value == 9 || value == 10 ? text : "a?b"))
        }
        #expect(PrintableText.line("a\u{1b}[2J\nb\u{202e}c\u{2028}") == "a?[2J?b?c?")
        #expect(PrintableText.lines("a\r\nb\u{9b}31m") == "a?\nb?31m")
        // An accent does not hide what it stands on.
        #expect(PrintableText.line("\u{1b}\u{301}[2J") == "?\u{301}[2J")
    }

    /// Joiners, variation selectors, tags, fillers, marks of direction, blanks without width.
    @Test(arguments: [
        0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e,
        0x200f, 0x202a, 0x202e, 0x2060, 0x2064, 0x2066, 0x2069, 0x206f, 0x2800, 0x3164, 0x13441,
        0x13442, 0x16fe4, 0xfe00,
        0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0x1bca0, 0x1d173, 0xe0001, 0xe0041, 0xe007f, 0xe0100,
    ])
    func `nothing is kept under a name of which a part cannot be seen`(_ value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        for name in ["sales\(scalar)", "sa\(scalar)les", "\(scalar)sales", "e\u{301}\(scalar)"] {
            #expect(KeptName.problem(of: name) != nil, "\(String(value, radix: 16))")
        }
    }

    @Test func `a name of kept data is letters and digits of any writing`() {
        for name in ["sales", "sales-2026/07:a_b.c", "漢字", "é", "e\u{301}", "हिन्दी", "ไทย", "7"] {
            #expect(KeptName.problem(of: name) == nil, "\(name)")
        }
    }

    @Test func `text stays text`() {
        for text in ["", "plain", "漢字 é e\u{301}", "👩\u{200d}🔬", "a\u{a0}b"] {
            #expect(PrintableText.line(text) == text)
            #expect(PrintableText.lines(text + "\n\t" + text) == text + "\n\t" + text)
        }
    }
}

@Suite struct MarkupTests {
    @Test func `a sign of markup is text, whatever stands on it`() {
        #expect(Markup.text("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;")
        // The mark and the sign beneath it are one character.
        #expect(!Markup.text("<\u{301}script>").unicodeScalars.contains("<"))
    }
}
