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

    @Test func `what a library never calls stays behind, with what nothing else needs`() {
        let uncalled = [LibraryNeeds.Need(of: "a.so", library: "deep.so")]
        var needs = [
            "": ["a.so"], "/l/a.so": ["deep.so", "both.so"], "/l/deep.so": ["late.so", "both.so"],
        ]
        func left(_ libraries: Set<String> = []) -> Set<String> {
            LibraryNeeds(paths: Self.paths, needs: needs)
                .reached(onlyFrom: libraries, orBy: uncalled)
        }
        #expect(left() == ["/l/deep.so", "/l/late.so"])
        // The other library is one that only a client has, or one that somebody loads besides.
        needs["/l/plug.so"] = ["late.so"]
        #expect(left(["plug.so"]) == ["/l/plug.so", "/l/deep.so", "/l/late.so"])
        #expect(left() == ["/l/deep.so"])
    }

    @Test(arguments: ["", "/l/both.so", "/l/plug.so"])
    func `what anything else needs travels, though one never calls it`(user: String) {
        var needs = ["": ["a.so", "both.so"], "/l/a.so": ["deep.so"]]
        needs[user, default: []].append("deep.so")
        let found = LibraryNeeds(paths: Self.paths, needs: needs).reached(
            onlyFrom: [], orBy: [LibraryNeeds.Need(of: "a.so", library: "deep.so")])
        #expect(found == [])
    }
}
