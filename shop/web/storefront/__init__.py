"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""
