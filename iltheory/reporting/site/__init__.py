"""A static site of the catalogue: a page for each claim, paper and learner, readable offline and without a script."""

from iltheory.reporting.site.content import Content, gather
from iltheory.reporting.site.pages import ForeignFolder, check_folder, write_site

__all__ = ["Content", "ForeignFolder", "check_folder", "gather", "write_site"]
