// Which libraries of a process travel with its program.

import Glibc
import SwoopLaunching
import Testing

@Suite struct LibraryNeedsTests {
    private static let paths = [
        "", "/l/a.so", "/l/late.so", "/l/deep.so", "/l/both.so", "/l/plug.so",
    ]

    @Test func `what only a library needs that was loaded late goes with it, and nothing else`() {
        let needs = [
            "": ["a.so"], "/l/a.so": ["both.so"], "/l/late.so": ["deep.so", "both.so"],
            "/l/deep.so": ["late.so"],
        ]
        let found = LibraryNeeds(paths: Self.paths, needs: needs)
        #expect(found.reached(onlyFrom: ["late.so"]) == ["/l/late.so", "/l/deep.so"])
        #expect(found.reached(onlyFrom: ["absent.so"]) == [])
    }

    @Test(arguments: ["", "/l/a.so", "/l/plug.so"])
    func `a library that anything else needs stays, with what it needs`(user: String) {
        var needs = ["": ["a.so"], "/l/late.so": ["deep.so"]]
        needs[user, default: []].append("late.so")
        let found = LibraryNeeds(paths: Self.paths, needs: needs)
        #expect(found.reached(onlyFrom: ["late.so"]) == [])
        needs[user]?.removeLast()
        needs[user, default: []].append("deep.so")
        let other = LibraryNeeds(paths: Self.paths, needs: needs)
        #expect(other.reached(onlyFrom: ["late.so"]) == ["/l/late.so"])
    }
}
