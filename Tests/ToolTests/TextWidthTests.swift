// Columns of texts, and where they are cut.

import Testing
import swoop

@Suite struct TextWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("ｱ", 1), ("Ａ", 2), ("한글", 4),
        ("👍", 2), ("❤\u{fe0f}", 2), ("…", 1), ("■·", 2),
    ])
    func `wide characters take two columns and combining ones none`(text: String, width: Int) {
        #expect(TextWidth.of(text) == width)
    }

    @Test(arguments: [
        ("simulate", 8, "simulate"), ("simulate", 7, "simula…"), ("simulate", 1, "…"),
        ("simulate", 0, ""), ("simulate", -1, ""), ("漢字漢字", 8, "漢字漢字"), ("漢字漢字", 7, "漢字漢…"),
        ("漢字漢字", 6, "漢字…"), ("漢字漢字", 2, "…"), ("ae\u{301}bc", 3, "ae\u{301}…"),
    ])
    func `a text that does not fit ends in a mark`(text: String, width: Int, cut: String) {
        #expect(TextWidth.cut(text, to: width) == cut)
    }

    @Test func `a line is cut across its pieces`() {
        var line = StyledText("busy", .busy)
        line.add("漢字")
        line.add("end", .faint)
        #expect(line.cut(to: 11).plain == "busy漢字end")
        #expect(line.cut(to: 10).plain == "busy漢字e…")
        #expect(line.cut(to: 8).plain == "busy漢…")
        #expect(line.cut(to: 7).plain == "busy漢…")
        #expect(line.cut(to: 5).plain == "busy…")
        #expect(line.cut(to: 4).plain == "bus…")
        #expect(line.cut(to: 0).plain == "")
    }

    @Test(
        arguments: [
            (0, "0 ms"), (999_999_999, "999 ms"), (1_000_000_000, "1.0 s"),
            (9_990_000_000, "9.9 s"),
            (59_900_000_000, "59 s"), (60_000_000_000, "1:00"), (3_599_000_000_000, "59:59"),
            (3_723_000_000_000, "1:02:03"), (273_600_000_000_000, "3d 4h"), (-5, "0 ms"),
        ] as [(Int64, String)])
    func `times are short at every length`(nanoseconds: Int64, text: String) {
        #expect(Quantities.time(nanoseconds) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_024, "1.0 KiB"), (12 << 20, "12.0 MiB"),
            (512 << 20, "512 MiB"), (8 << 30, "8.0 GiB"), (.max, "8192 PiB"),
        ] as [(Int64, String)])
    func `sizes are short at every size`(bytes: Int64, text: String) {
        #expect(Quantities.bytes(bytes) == text)
    }
}
