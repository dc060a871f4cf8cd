// Jupyter's frames and the JSON in them.

import SwoopKernel
import SwoopTransport
import Testing

@Suite struct CodecTests {
    private let codec = MessageCodec { MessageSignature(key: Secret(copying: "secret")).sign($0) }

    @Test func hmacOfTheStandardsTestVector() {
        // RFC 4231, test case 2.
        let signature = MessageSignature(key: Secret(copying: "Jefe"))
        let digits = signature.sign([Array("what do ya want ".utf8), Array("for nothing?".utf8)])
        #expect(digits == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func aMessageComesBackAsItWas() throws {
        let message = JupyterMessage(
            identities: [[0, 1, 2]], header: ["msg_type": "execute_request", "msg_id": "7"],
            parent: ["a": [1, 2.5.json, .null, true]], content: ["code": "\u{1}\"ä\n\\ 🐦"])
        #expect(try codec.decode(codec.encode(message)) == message)
    }

    @Test func aMessageThatWasChangedIsRefused() throws {
        let message = JupyterMessage(header: ["msg_type": "x"], content: ["code": "1"])
        var frames = codec.encode(message)
        frames[frames.count - 1] = Array("{\"code\":\"2\"}".utf8)
        #expect(throws: MessageError.wrongSignature) { try codec.decode(frames) }
        #expect(throws: MessageError.noDelimiter) { try codec.decode([[1], [2]]) }
        #expect(throws: MessageError.tooFewFrames(2)) {
            try codec.decode(Array(codec.encode(message).prefix(3)))
        }
    }

    @Test(arguments: [
        "", "{", "[1,", "{\"a\"}", "{\"a\":}", "tru", "\"a", "\"\\x\"", "\"\\u12\"", "1 2", "nul",
        "+1", "--1", "[1}", "{1:2}", String(repeating: "[", count: 100_000),
    ])
    func textThatIsNoJSONIsAnError(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func escapesAndPairsAreRead() throws {
        #expect(try JSONValue(parsing: #""\u00e4\ud83d\udc26\ud83d!\n\/""#) == "ä🐦\u{FFFD}!\n/")
        #expect(try JSONValue(parsing: " [1, -2, 3e2, 0.5] ") == [1, -2, 300.0.json, 0.5.json])
    }

    @Test func newsAndOrdersComeBackAsTheyWere() {
        let news: [EvaluatorNews] = [
            .ready, .result(cell: 3, ["text/plain": "5"]), .finished(cell: 4),
            .display(["text/plain": "a\nb"], name: "n", isUpdate: true),
            .failed(cell: 5, name: "E", text: "x", steps: 2),
            .inputWanted(prompt: "?", isSecret: true), .loaded(library: "/a b", problem: nil),
            .loaded(library: "/a", problem: "why\nnot"),
        ]
        for item in news { #expect(EvaluatorNews(line: Array(item.line.utf8)) == item) }
        for order in [
            EvaluatorOrder.run(cell: 1, library: "/a b"), .load(library: "/a b"), .input("x"), .end,
            .input(nil),
        ] {
            #expect(EvaluatorOrder(line: Array(order.line.utf8)) == order)
        }
        #expect(EvaluatorNews(line: Array("{}".utf8)) == nil)
    }
}

extension Double {
    fileprivate var json: JSONValue { .number(self) }
}
