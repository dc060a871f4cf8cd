// Keeps the user's line numbers: statements that a macro repeats are put between #sourceLocation
// lines, and not reformatted, so that traps and debug information name the user's file and line.

import SwiftParser
import SwiftSyntax
import SwiftSyntaxMacros

/// The statements as the user wrote them, on the lines where the user wrote them.
func onTheirLines(
    _ statements: CodeBlockItemListSyntax, in context: some MacroExpansionContext
) -> String {
    placed(
        statements.description,
        at: context.location(of: statements, at: .beforeLeadingTrivia, filePathMode: .filePath))
}

/// The `#fileID` and the line where a node begins.
func fileAndLine(
    of node: some SyntaxProtocol, in context: some MacroExpansionContext
) -> (file: String, line: String) {
    let place = context.location(of: node, at: .afterLeadingTrivia, filePathMode: .fileID)
    let file = place?.file.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    return (file ?? "", place?.line.trimmedDescription ?? "0")
}

/// A statement whose errors are about this part of the user's text, and are told there.
func line(
    _ text: String, of node: some SyntaxProtocol, in context: some MacroExpansionContext
) -> String {
    placed(text, at: context.location(of: node, at: .afterLeadingTrivia, filePathMode: .filePath))
}

private func placed(_ text: String, at place: AbstractSourceLocation?) -> String {
    guard let place else { return text }
    return """
        #sourceLocation(file: \(place.file.trimmedDescription), line: \
        \(place.line.trimmedDescription))
        \(text)
        #sourceLocation()
        """
}
