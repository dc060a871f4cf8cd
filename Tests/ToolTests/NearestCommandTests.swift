// What a mistyped command is answered with.

import Testing
import swoop

@Suite struct NearestCommandTests {
    @Test(arguments: [
        ("inti", "init"), ("stauts", "status"), ("tpo", "top"), ("dwon", "down"), ("Up", "up"),
        ("modles", "models"), ("docto", "doctor"), ("kernel instal", "kernel install"),
        ("kernel rnu", "kernel run"),
    ])
    func `the command that was meant is named`(_ typed: String, _ meant: String) {
        let unknown = NearestCommand(for: typed.split(separator: " ").map(String.init))
        #expect(unknown?.name == meant)
    }

    @Test(arguments: ["launch", "kernel start", "", "--"])
    func `where none is near none is named`(_ typed: String) {
        let words = typed.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let unknown = NearestCommand(for: words)
        #expect(unknown?.name == nil)
        #expect((unknown == nil) == typed.hasPrefix("-"))
    }

    @Test(arguments: [
        "", "init Pi", "init int", "up alpha", "models", "models squar", "kernel", "kernel run",
        "--version", "help", "help up", "top --wait", "data list", "down -h",
    ])
    func `what is no mistake is none`(_ typed: String) {
        #expect(NearestCommand(for: typed.split(separator: " ").map(String.init)) == nil)
    }
}
