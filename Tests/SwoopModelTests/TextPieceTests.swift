// Texts of others, cut at bytes: what Swift takes for one character hides nothing.

import SwoopModel
import Testing

@Suite struct TextPieceTests {
    @Test(arguments: [
        ("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a\r", "b\r"]), ("\n\u{301}x\n", ["\u{301}x"]),
        ("", []), ("\n\n", []), ("a\u{301}\nb", ["a\u{301}", "b"]),
    ])
    func `lines end at every line feed`(text: String, lines: [String]) {
        #expect(text.pieces(at: "\n").map { Array($0.utf8) } == lines.map { Array($0.utf8) })
    }

    @Test func `empty pieces are kept where they count`() {
        #expect(
            ",a,,\u{301}b,".pieces(at: ",", omittingEmpty: false).map { Array($0.utf8) }
                == ["", "a", "", "\u{301}b", ""].map { Array($0.utf8) })
        #expect("a:b:c".pieces(at: ":", maxSplits: 1) == ["a", "b:c"])
    }

    @Test(arguments: [
        ("key=value=x", "key", "value=x"), ("key=\u{301}value", "key", "\u{301}value"),
        ("=", "", ""), ("key=\r", "key", "\r"),
    ])
    func `halves meet at the first sign`(text: String, before: String, behind: String) throws {
        let halves = try #require(text[...].halves(at: "="))
        #expect(Array(halves.before.utf8) == Array(before.utf8))
        #expect(Array(halves.behind.utf8) == Array(behind.utf8))
    }

    @Test func `without the sign there are no halves`() {
        #expect("key".dropFirst(0).halves(at: "=") == nil)
    }
}
