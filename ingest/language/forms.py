"""Words of forms: the names of all languages merged, in lower case."""

from ingest.language.definition import words

AFFIRMATIVE = words("yes ja oui sí si sim tak ano да evet はい 是 예 igen kyllä jah da")
"""Names of a ticked box that mean only that it is ticked."""

NAMELESS = words(
    "text textfield textbox field feld champ campo check checkbox box button radio radiobutton group gruppe "
    "choice combo combobox list listbox dropdown undefined untitled form page topmostsubform subform fill "
    "date signature f c tf cb rb p g row"
)
"""Words in the names of fields that programs made up."""
