// Keys in memory: equal by their bytes, told by nobody, in no dump, taken out of what they came in.

import Glibc
import SwoopTransport
import Testing

@Suite struct SecretTests {
    @Test func secretsAreEqualByTheirBytes() {
        #expect(Secret(copying: "abc") == Secret(copying: "abc"))
        #expect(Secret(copying: "abc") != Secret(copying: "abd"))
        #expect(Secret(copying: "abc") != Secret(copying: "ab"))
        #expect(Secret(copying: "") == Secret(copying: ""))
        #expect("\(Secret(copying: "abc"))" == "(a secret of 3 bytes)")
    }

    @Test(arguments: [
        ("a=1\nkey=se=cret\nb=2\n", "se=cret", "a=1\nkey=\0\0\0\0\0\0\0\nb=2\n"),
        ("key=k", "k", "key=\0"), ("x\nkey=\n", "", "x\nkey=\n"),
        ("xkey=1\nkey=2\nkey=3", "2", "xkey=1\nkey=\0\nkey=3"),
    ])
    func itIsTakenOutOfItsLineAndZeroedThere(text: String, secret: String, rest: String) {
        var bytes = Array(text.utf8)
        let taken = Secret.taken(ofLine: "key", from: &bytes)
        #expect(taken == Secret(copying: secret))
        #expect(bytes == Array(rest.utf8))
    }

    @Test(arguments: ["", "\n", "keys=1", "a=key=1", "ke", "key"])
    func whereThereIsNoLineNothingIsTaken(text: String) {
        var bytes = Array(text.utf8)
        #expect(Secret.taken(ofLine: "key", from: &bytes) == nil)
        #expect(bytes == Array(text.utf8))
    }

    @Test func itsMemoryIsInNoDump() throws {
        let secret = Secret(copying: "not for dumps")
        let address = secret.withBytes { UInt(bitPattern: $0.baseAddress) }
        guard let file = unsafe fopen("/proc/self/smaps", "r") else {
            Issue.record("There is no /proc.")
            return
        }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 1_024)
        var isInside = false
        var flags: String?
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let ends = text.prefix { $0 != " " }.split(separator: "-")
                .compactMap { UInt($0, radix: 16) }
            if ends.count == 2 { isInside = ends[0] <= address && address < ends[1] }
            if isInside, text.hasPrefix("VmFlags:") { flags = text }
        }
        let found = try #require(flags)
        // `dd`: MADV_DONTDUMP.
        #expect(found.split(separator: " ").contains("dd"), "\(found)")
    }

    @Test func anArrayThatASecretPassedThroughIsEmptyAfterwards() {
        var bytes = Array("x".utf8)
        bytes.append(Secret(copying: "yz"))
        #expect(bytes == Array("xyz".utf8))
        bytes.wipe()
        #expect(bytes.isEmpty)
    }
}
