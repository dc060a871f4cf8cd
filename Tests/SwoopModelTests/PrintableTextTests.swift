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

    @Test func `text stays text`() {
        for text in ["", "plain", "漢字 é e\u{301}", "👩\u{200d}🔬", "a\u{a0}b"] {
            #expect(PrintableText.line(text) == text)
            #expect(PrintableText.lines(text + "\n\t" + text) == text + "\n\t" + text)
        }
    }
}
