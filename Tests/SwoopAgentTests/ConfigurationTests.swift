// What an agent is told at its start: read as it was written, and refused in words.

import SwoopLaunching
import SwoopModel
import SwoopTransport
import Testing

@Suite struct ConfigurationTests {
    private var whole: AgentConfiguration {
        var whole = AgentConfiguration(
            endpoints: ["tcp://10.0.0.1:4000", "tcp://[fd00::1]:4000"], serverKey: "S",
            secretKey: Secret(copying: "secret=with=signs"), name: "node a", slots: 3,
            pageBudget: 1 << 30,
            program: ProgramID("abc"))
        whole.endpointLimit = 5
        whole.cacheFolder = "/var/cache/swoop"
        whole.cacheBytesMax = 17
        whole.listening = ["10.0.0.7"]
        whole.announced = ["node-a.example", "fd00::7"]
        whole.grace = 9
        return whole
    }

    private func decoded(_ bytes: [UInt8]) throws(LaunchError) -> AgentConfiguration {
        var bytes = bytes
        return try AgentConfiguration(decoding: &bytes)
    }

    @Test func theKeyIsNotLeftBehindInWhatItWasReadFrom() throws {
        var bytes = whole.withEncoded { $0 }
        #expect(String(decoding: bytes, as: UTF8.self).contains("secret=with=signs"))
        let read = try AgentConfiguration(decoding: &bytes)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("secret=with"))
        #expect(read.secretKey == whole.secretKey && !"\(read)".contains("secret=with"))
    }

    @Test func whatWasWrittenIsRead() throws {
        #expect(try decoded(whole.withEncoded { $0 }) == whole)
    }

    @Test func theLinesEndWithAnEmptyOne() {
        #expect(String(decoding: whole.withEncoded { $0 }, as: UTF8.self).hasSuffix("\n\n"))
        #expect(
            !String(decoding: whole.withEncoded { $0 }.dropLast(2), as: UTF8.self).contains("\n\n"))
    }

    @Test func aLineBreakInANameBeginsNoLine() throws {
        var configuration = whole
        configuration.name = "a\nserver-key=other"
        let read = try decoded(configuration.withEncoded { $0 })
        #expect(read.serverKey == "S")
        #expect(read.name == "aserver-key=other")
    }

    @Test func valuesThatBeginOrEndOddlyAreReadAsTheyAre() throws {
        for odd in ["\u{301}x", "x\r", "\r", "=", "\u{301}", "a=\u{301}b"] {
            var configuration = whole
            configuration.name = odd
            configuration.cacheFolder = odd
            configuration.listening = [odd, odd]
            #expect(try decoded(configuration.withEncoded { $0 }) == configuration)
        }
    }

    @Test func whatIsLeftOutIsDecidedByTheNode() throws {
        let text = "endpoint=tcp://a:1\nserver-key=S\nsecret-key=K\nname=n\nprogram=p\nnew-key=1\n"
        let read = try decoded(Array(text.utf8))
        #expect(read.slots == 0 && read.pageBudget == 0)
        #expect(read.grace == 15_000_000_000 && read.endpointLimit == 3_000_000_000)
        #expect(read.cacheFolder.isEmpty && read.listening.isEmpty && read.announced.isEmpty)
    }

    @Test(arguments: [
        ("", "no \"server-key\""), ("nothing", "a line without \"=\""),
        ("endpoint=tcp://a:1", "no \"server-key\""),
        ("endpoint=", "an empty \"endpoint\""),
        (
            "endpoint=tcp://a:1\nserver-key=S\nsecret-key=K\nname=n\nprogram=p\nslots=-1",
            "\"slots\" is no number from 0 on"
        ),
        (
            "endpoint=tcp://a:1\nserver-key=S\nsecret-key=K\nname=n\nprogram=p\ngrace=long",
            "\"grace\" is no number from 0 on"
        ),
    ])
    func whatMakesNoSenseIsNamed(text: String, reason: String) {
        #expect(throws: LaunchError.malformedConfiguration(reason)) {
            try decoded(Array(text.utf8))
        }
    }
}
