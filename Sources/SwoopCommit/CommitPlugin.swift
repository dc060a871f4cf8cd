// Gives the tool the commit that it is built from: asks git before every build, and rewrites the
// generated source only if the answer is another one. The manifest could ask too, but SwiftPM keeps
// what a manifest said and does not ask again after a commit.

import Foundation
import PackagePlugin

/// Runs a small script that writes one Swift file.
@main struct CommitPlugin: BuildToolPlugin {
    private static let script = """
        commit=unknown
        if [ -e "$1/.git" ] && hash="$(git -C "$1" rev-parse --short=12 HEAD 2>/dev/null)"; then
            commit="$hash"
            git -C "$1" diff --quiet HEAD -- 2>/dev/null || commit="$hash+changes"
        fi
        text="/// The commit that was built; it ends in \\"+changes\\" if files differed.
        let builtCommit = \\"$commit\\""
        mkdir -p "$2" || exit 1
        if [ "$(cat "$2/Commit.swift" 2>/dev/null)" != "$text" ]; then
            printf '%s\\n' "$text" >"$2/Commit.swift"
        fi
        """

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = context.pluginWorkDirectoryURL
        return [
            .prebuildCommand(
                displayName: "Asking git for the commit",
                executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: [
                    "-c", Self.script, "commit", context.package.directoryURL.path, folder.path,
                ],
                outputFilesDirectory: folder)
        ]
    }
}
